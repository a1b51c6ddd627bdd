import protobuf from 'protobufjs/minimal.js'
import type { CheckRequest, HeaderLine, HttpAttributes } from './attributes.ts'
import type { CheckResponse } from './check-response.ts'

/**
 * The bytes of envoy.service.auth.v3.CheckRequest and CheckResponse (proto/envoy/service/auth/v3). Of
 * a request only what rauth looks at is decoded: reading all of it, certificates and times included,
 * would cost as much as the decision.
 */

type Reader = protobuf.Reader
type Writer = protobuf.Writer

/**
 * Reads one field of a message into what is made of it; whatever it leaves unread by returning false
 * is skipped. Functions of the module, so that a request costs no closures.
 */
type ReadField<T> = (reader: Reader, field: number, into: T) => boolean

/** Field number and wire type in a tag, protobuf encoding, "Message Structure". */
const WIRE_BITS = 3
const VARINT = 0
const LENGTH_DELIMITED = 2

/** The fields of a message up to `end`. All that are read here are length-delimited. */
function readFields<T>(reader: Reader, end: number, into: T, read: ReadField<T>): void {
  while (reader.pos < end) {
    const head = reader.uint32()
    const wireType = head & ((1 << WIRE_BITS) - 1)
    const isRead = wireType === LENGTH_DELIMITED && read(reader, head >>> WIRE_BITS, into)
    if (!isRead) reader.skipType(wireType)
  }
  if (reader.pos !== end) throw new RangeError('a field longer than its message')
}

function readMessage<T>(reader: Reader, into: T, read: ReadField<T>): true {
  const length = reader.uint32()
  const end = reader.pos + length
  if (end > reader.len) throw new RangeError('a message longer than what holds it')
  readFields(reader, end, into, read)
  return true
}

/** Bytes → what they say; `undefined`: they are no such message. */
export function decodeCheckRequest(bytes: Uint8Array): CheckRequest | undefined {
  try {
    const reader = protobuf.Reader.create(bytes)
    const request: Request = {}
    readFields(reader, reader.len, request, requestField)
    return request
  } catch {
    return undefined
  }
}

type Writable<T> = { -readonly [key in keyof T]: T[key] }

interface Http extends Writable<HttpAttributes> {
  readonly headers: HeaderLine[]
  readonly headerMap: HeaderLine[]
}

interface Request extends Omit<Writable<CheckRequest>, 'http'> {
  http?: Http
}

const requestField: ReadField<Request> = (reader, field, request) =>
  field === 1 && readMessage(reader, request, attributesField)

const attributesField: ReadField<Request> = (reader, field, request) => {
  if (field === 1) return readMessage(reader, request, peerField)
  if (field === 4) return readMessage(reader, request, attributesRequestField)
  if (field !== 10) return false
  const { key, value } = readLine(reader)
  if (key === 'service') request.service = value
  return true
}

const peerField: ReadField<Request> = (reader, field, request) =>
  field === 1 && readMessage(reader, request, addressField)

const addressField: ReadField<Request> = (reader, field, request) =>
  field === 1 && readMessage(reader, request, socketAddressField)

const socketAddressField: ReadField<Request> = (reader, field, request) => {
  if (field !== 2) return false
  request.address = reader.string()
  return true
}

const attributesRequestField: ReadField<Request> = (reader, field, request) => {
  if (field !== 2) return false
  request.http ??= { method: '', path: '', query: '', fragment: '', headers: [], headerMap: [] }
  return readMessage(reader, request.http, httpField)
}

const httpField: ReadField<Http> = (reader, field, http) => {
  switch (field) {
    case 2:
      http.method = reader.string()
      return true
    case 3:
      http.headers.push(readLine(reader))
      return true
    case 4:
      http.path = reader.string()
      return true
    case 7:
      http.query = reader.string()
      return true
    case 8:
      http.fragment = reader.string()
      return true
    case 13:
      return readMessage(reader, http, headerMapField)
    default:
      return false
  }
}

const headerMapField: ReadField<Http> = (reader, field, http) => {
  if (field !== 1) return false
  http.headerMap.push(readLine(reader))
  return true
}

/** An entry of a map of texts, or a HeaderValue: they share their first two fields. */
function readLine(reader: Reader): HeaderLine {
  const line: Writable<HeaderLine> = { key: '', value: '', rawValue: undefined }
  readMessage(reader, line, lineField)
  return line
}

const lineField: ReadField<Writable<HeaderLine>> = (reader, field, line) => {
  if (field === 1) line.key = reader.string()
  else if (field === 2) line.value = reader.string()
  else if (field === 3) line.rawValue = reader.bytes()
  else return false
  return true
}

/** OVERWRITE_IF_EXISTS_OR_ADD; the message's own default adds a second value beside the client's. */
const OVERWRITE = 2

export function encodeCheckResponse({ status, ok, denied }: CheckResponse): Buffer {
  const writer = protobuf.Writer.create()
  message(writer, 1, () => {
    if (status.code !== 0) writer.uint32(tag(1, VARINT)).int32(status.code)
    text(writer, 2, status.message)
  })
  if (ok !== undefined) {
    message(writer, 3, () => {
      headerOptions(writer, ok.headers)
      for (const name of ok.headersToRemove) item(writer, 5, name)
      for (const name of ok.queryParametersToRemove) item(writer, 8, name)
    })
  }
  if (denied !== undefined) {
    message(writer, 2, () => {
      message(writer, 1, () => writer.uint32(tag(1, VARINT)).int32(denied.status))
      headerOptions(writer, denied.headers)
      text(writer, 3, denied.body)
    })
  }
  const bytes = writer.finish()
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function headerOptions(writer: Writer, headers: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(headers)) {
    message(writer, 2, () => {
      message(writer, 1, () => {
        text(writer, 1, key)
        text(writer, 2, value)
      })
      writer.uint32(tag(3, VARINT)).int32(OVERWRITE)
    })
  }
}

function message(writer: Writer, field: number, write: () => void): void {
  writer.uint32(tag(field, LENGTH_DELIMITED)).fork()
  write()
  writer.ldelim()
}

/** A field that is there once; an empty one is none. */
function text(writer: Writer, field: number, value: string): void {
  if (value !== '') item(writer, field, value)
}

function item(writer: Writer, field: number, value: string): void {
  writer.uint32(tag(field, LENGTH_DELIMITED)).string(value)
}

function tag(field: number, wireType: number): number {
  return (field << WIRE_BITS) | wireType
}
