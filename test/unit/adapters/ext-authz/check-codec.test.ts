import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  decodeCheckRequest,
  encodeCheckResponse,
} from '../../../../src/adapters/ext-authz/check-codec.ts'
import type { CheckResponse } from '../../../../src/adapters/ext-authz/check-response.ts'
import { CHECK } from '../../../support/check-messages.ts'

const encoded = (wire: object) => CHECK.requestSerialize(wire)

/** Text as a proto has it: whole characters. */
const text = fc.string({ unit: 'binary', maxLength: 40 })
const line = fc.record({ key: text, value: text })

/** A request with more in it than rauth reads, so that what is skipped is skipped right. */
const wire = fc.record({
  method: text,
  path: text,
  query: text,
  fragment: text,
  address: text,
  headers: fc.dictionary(fc.string({ maxLength: 20 }), text, { noNullPrototype: true }),
  lines: fc.array(line, { maxLength: 8 }),
  others: fc.record({
    ...{ id: text, host: text, scheme: text, protocol: text, body: text },
    size: fc.integer(),
    raw_body: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  }),
  seconds: fc.nat(),
  port: fc.nat(65_535),
})

const message = (drawn: typeof wire extends fc.Arbitrary<infer T> ? T : never) => {
  const { method, path, query, fragment, headers, lines, others } = drawn
  const address = { socket_address: { address: drawn.address, port_value: drawn.port } }
  return {
    attributes: {
      source: { address, labels: headers, principal: method, certificate: path },
      destination: { address: { socket_address: { address: 'other', port_value: 1 } } },
      request: {
        time: { seconds: drawn.seconds, nanos: 1 },
        http: {
          ...{ method, path, query, fragment, headers, ...others },
          header_map: { headers: lines },
        },
      },
      context_extensions: headers,
      metadata_context: { filter_metadata: { a: { fields: { b: { string_value: 'c' } } } } },
      tls_session: { sni: 'registry.example' },
    },
  }
}

describe('decodeCheckRequest', () => {
  it('reads what upstream writes, whatever else is in it', () => {
    fc.assert(
      fc.property(wire, (drawn) => {
        const { method, path, query, fragment, lines } = drawn
        const decoded = decodeCheckRequest(encoded(message(drawn)))
        const { headers, ...rest } = decoded?.http ?? assert.fail('not decoded')
        assert.deepEqual(rest, {
          ...{ method, path, query, fragment },
          headerMap: lines.map(({ key, value }) => ({ key, value, rawValue: undefined })),
        })
        assert.deepEqual(
          new Map(headers.map(({ key, value }) => [key, value])),
          new Map(Object.entries(drawn.headers)),
        )
        assert.equal(decoded?.address, drawn.address)
      }),
    )
  })

  it('reads raw bytes as they are', () => {
    const raw_value = Buffer.from([0, 0xff, 0x80])
    const http = { header_map: { headers: [{ key: 'a', raw_value }] } }
    const decoded = decodeCheckRequest(encoded({ attributes: { request: { http } } }))
    assert.deepEqual(Buffer.from(decoded?.http?.headerMap[0]?.rawValue ?? []), raw_value)
  })

  it('takes the address from the source alone', () => {
    const peer = { address: { socket_address: { address: '10.0.0.1' } } }
    assert.equal(decodeCheckRequest(encoded({ attributes: { source: peer } }))?.address, '10.0.0.1')
    const other = decodeCheckRequest(encoded({ attributes: { destination: peer } }))
    assert.equal(other?.address, undefined)
  })

  it('takes the service from the extensions of the route, and from nowhere else', () => {
    const service = (context_extensions: Readonly<Record<string, string>>) => {
      const http = { headers: { service: 'evil' } }
      const bytes = encoded({ attributes: { request: { http }, context_extensions } })
      return decodeCheckRequest(bytes)?.service
    }
    assert.equal(service({}), undefined)
    assert.equal(service({ other: 'x' }), undefined)
    assert.equal(service({ other: 'x', service: 'images' }), 'images')
    assert.equal(service({ service: '' }), '')
  })

  it('keeps both of two headers of one name, which a map would not', () => {
    const entry = (value: string) => encoded({ attributes: { request: { http: http(value) } } })
    const http = (value: string) => ({ headers: { authorization: value } })
    // The same message twice is both merged (protobuf encoding, "Last One Wins").
    const decoded = decodeCheckRequest(Buffer.concat([entry('Bearer a'), entry('Bearer b')]))
    assert.deepEqual(
      decoded?.http?.headers.map(({ value }) => value),
      ['Bearer a', 'Bearer b'],
    )
  })

  it('is nothing for what is no such message', () => {
    const whole = encoded({ attributes: { request: { http: { method: 'GET', path: '/v2/' } } } })
    for (let length = 1; length < whole.length; length += 1) {
      assert.equal(decodeCheckRequest(whole.subarray(0, length)), undefined, `${length} bytes`)
    }
    for (const bytes of [
      [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], // longer than there is
      [0x0a, 0x02, 0x22, 0x05], // an inner one longer than the outer
      [0x0c], // the end of a group that has no start
      [0x0f], // a wire type that there is not
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ]) {
      assert.equal(decodeCheckRequest(Buffer.from(bytes)), undefined, bytes.join())
    }
  })

  it('ends on a tower of groups', () => {
    assert.equal(decodeCheckRequest(Buffer.alloc(200_000, 0x0b)), undefined)
  })

  it('never throws, whatever bytes come', () => {
    const good = wire.map((drawn) => encoded(message(drawn)))
    fc.assert(
      fc.property(good, fc.nat(), fc.nat(255), (bytes, at, value) => {
        const broken = Buffer.from(bytes)
        broken[at % broken.length] = value
        decodeCheckRequest(broken)
        decodeCheckRequest(broken.subarray(at % broken.length))
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeCheckRequest(bytes)
      }),
    )
  })
})

describe('encodeCheckResponse', () => {
  const decoded = (response: CheckResponse) =>
    CHECK.responseDeserialize(encodeCheckResponse(response))
  const headers = fc.dictionary(text, text, { noNullPrototype: true })
  const options = (of: Readonly<Record<string, string>>) =>
    Object.entries(of).map(([key, value]) => ({
      header: { ...(key === '' ? {} : { key }), ...(value === '' ? {} : { value }) },
      append_action: 2,
    }))

  it('is read by upstream as it was said: allowed', () => {
    fc.assert(
      fc.property(headers, fc.array(text), fc.array(text), (set, remove, query) => {
        const ok = { headers: set, headersToRemove: remove, queryParametersToRemove: query }
        const { status, ok_response, denied_response } = decoded({
          ...{ status: { code: 0, message: '' }, ok },
        })
        assert.deepEqual(status, {})
        assert.equal(denied_response, undefined)
        assert.deepEqual(ok_response?.headers ?? [], options(set))
        assert.deepEqual(ok_response?.headers_to_remove ?? [], remove)
        assert.deepEqual(ok_response?.query_parameters_to_remove ?? [], query)
      }),
    )
  })

  it('is read by upstream as it was said: denied', () => {
    fc.assert(
      fc.property(headers, text, fc.integer({ min: 400, max: 503 }), (set, body, status) => {
        const response = decoded({
          status: { code: 7, message: 'access_denied' },
          denied: { status, headers: set, body },
        })
        assert.deepEqual(response.status, { code: 7, message: 'access_denied' })
        assert.equal(response.ok_response, undefined)
        assert.equal(response.denied_response?.status?.code, status)
        assert.deepEqual(response.denied_response.headers ?? [], options(set))
        assert.equal(response.denied_response.body ?? '', body)
      }),
    )
  })
})
