import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  framed,
  MAX_MESSAGE,
  MessageReader,
} from '../../../../../src/adapters/ext-authz/grpc/message.ts'
import { CODE } from '../../../../../src/adapters/ext-authz/grpc/status.ts'

/** The bytes in pieces that are cut at these places. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])]
  places.sort((a, b) => a - b)
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end))
}

function read(chunks: readonly Buffer[]) {
  const reader = new MessageReader()
  for (const chunk of chunks) {
    const refusal = reader.take(chunk)
    if (refusal !== undefined) return refusal
  }
  return reader.end()
}

const codeOf = (chunks: readonly Buffer[]) => {
  const got = read(chunks)
  return Buffer.isBuffer(got) ? CODE.ok : got.code
}

const prefix = (flag: number, length: number) => {
  const bytes = Buffer.alloc(5, flag)
  bytes.writeUInt32BE(length, 1)
  return bytes
}

describe('MessageReader', () => {
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
    const reader = new MessageReader()
    for (const chunk of chunks) {
      const copy = Buffer.from(chunk)
      assert.equal(reader.take(copy), undefined)
      copy.fill(0)
    }
    assert.deepEqual(reader.end(), Buffer.from('a message of some length'))
  })

  it('takes exactly one message', () => {
    const one = framed(Buffer.from('x'))
    assert.equal(codeOf([]), CODE.internal)
    for (const short of [one.subarray(0, 3), one.subarray(0, 5)]) {
      assert.equal(codeOf([short]), CODE.internal)
    }
    assert.equal(codeOf([one, Buffer.from([0])]), CODE.internal)
    assert.equal(codeOf([Buffer.concat([one, one])]), CODE.internal)
  })

  it('takes a message up to the longest, and holds no more than its length', () => {
    const reader = new MessageReader()
    assert.equal(reader.take(prefix(0, MAX_MESSAGE)), undefined)
    assert.equal(reader.held, MAX_MESSAGE + 5)
    assert.equal(codeOf([prefix(0, MAX_MESSAGE + 1)]), CODE.resourceExhausted)
    assert.equal(codeOf([prefix(0, 2 ** 32 - 1)]), CODE.resourceExhausted)
  })

  it('inflates nothing', () => {
    for (const flag of [1, 2, 255]) assert.equal(codeOf([prefix(flag, 1)]), CODE.unimplemented)
  })
})
