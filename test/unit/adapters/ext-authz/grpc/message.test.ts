import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  createMessageReader,
  framed,
  MAX_MESSAGE,
} from '../../../../../src/adapters/ext-authz/grpc/message.ts'
import { GRPC } from '../../../../../src/refusal.ts'

/** The bytes in pieces that are cut at these places. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])]
  places.sort((a, b) => a - b)
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end))
}

function read(chunks: readonly Buffer[]) {
  const reader = createMessageReader()
  for (const chunk of chunks) {
    const refusal = reader.take(chunk)
    if (refusal !== undefined) return refusal
  }
  return reader.end()
}

const codeOf = (chunks: readonly Buffer[]) => {
  const got = read(chunks)
  return Buffer.isBuffer(got) ? GRPC.OK : got.code
}

const prefix = (flag: number, length: number) => {
  const bytes = Buffer.alloc(5, flag)
  bytes.writeUInt32BE(length, 1)
  return bytes
}

describe('createMessageReader', () => {
  it('reads what framed wrote, however it is cut', () => {
    const cases = fc.tuple(fc.uint8Array({ maxLength: 600 }), fc.array(fc.nat(700)))
    fc.assert(
      fc.property(cases, ([content, cuts]) => {
        const message = Buffer.from(content)
        assert.deepEqual(read(pieces(framed(message), cuts)), message)
      }),
    )
  })

  it('has its own copy: what brought the bytes may be let go or written over', () => {
    const chunks = pieces(framed(Buffer.from('a message of some length')), [3, 9])
    const reader = createMessageReader()
    for (const chunk of chunks) {
      const copy = Buffer.from(chunk)
      assert.equal(reader.take(copy), undefined)
      copy.fill(0)
    }
    assert.deepEqual(reader.end(), Buffer.from('a message of some length'))
  })

  it('takes exactly one message', () => {
    const one = framed(Buffer.from('x'))
    assert.equal(codeOf([]), GRPC.INTERNAL)
    for (const short of [one.subarray(0, 3), one.subarray(0, 5)]) {
      assert.equal(codeOf([short]), GRPC.INTERNAL)
    }
    assert.equal(codeOf([one, Buffer.from([0])]), GRPC.INTERNAL)
    assert.equal(codeOf([Buffer.concat([one, one])]), GRPC.INTERNAL)
  })

  it('holds twice what came at most, whatever is announced, and never more than the message', () => {
    const reader = createMessageReader()
    assert.equal(reader.take(prefix(0, MAX_MESSAGE)), undefined)
    for (let came = 5; came < MAX_MESSAGE + 5; came += 1000) {
      assert.ok(reader.held >= came && reader.held <= 2 * came, `${reader.held} of ${came}`)
      assert.equal(reader.take(Buffer.alloc(Math.min(1000, MAX_MESSAGE + 5 - came))), undefined)
    }
    assert.equal(reader.held, MAX_MESSAGE + 5)
    assert.equal((reader.end() as Buffer).length, MAX_MESSAGE)
  })

  it('takes a message up to the longest', () => {
    assert.equal(codeOf([prefix(0, MAX_MESSAGE), Buffer.alloc(MAX_MESSAGE)]), GRPC.OK)
    assert.equal(codeOf([prefix(0, MAX_MESSAGE + 1)]), GRPC.RESOURCE_EXHAUSTED)
    assert.equal(codeOf([prefix(0, 2 ** 32 - 1)]), GRPC.RESOURCE_EXHAUSTED)
  })

  it('keeps nothing of what it refused, whatever follows', () => {
    for (const bad of [prefix(0, MAX_MESSAGE + 1), prefix(1, 10)]) {
      const reader = createMessageReader()
      const refusal = reader.take(bad)
      assert.notEqual(refusal, undefined)
      assert.equal(reader.take(Buffer.alloc(1000)), refusal)
      assert.equal(reader.held, 0)
      assert.ok(!Buffer.isBuffer(reader.end()))
    }
  })

  it('keeps nothing of what follows a message', () => {
    const reader = createMessageReader()
    assert.equal(reader.take(framed(Buffer.from('x'))), undefined)
    assert.notEqual(reader.take(Buffer.alloc(1000)), undefined)
    assert.equal(reader.held, 6)
  })

  it('inflates nothing', () => {
    for (const flag of [1, 2, 255]) assert.equal(codeOf([prefix(flag, 1)]), GRPC.UNIMPLEMENTED)
  })
})
