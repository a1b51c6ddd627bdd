import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  headersToRemove,
  originOf,
  readAttributes,
  type CheckRequest,
} from '../../../../src/adapters/ext-authz/attributes.ts'
import { decodeCheckRequest } from '../../../../src/adapters/ext-authz/check-codec.ts'
import type { Reason, Result } from '../../../../src/refusal.ts'
import { bearerToken } from '../../../../src/registry/authorization.ts'
import { readRequest, type RegistryRequest } from '../../../../src/registry/request.ts'
import { CHECK, type WireHttp, type WireRequest } from '../../../support/check-messages.ts'

const LINE = { method: 'GET', path: '/v2/' }
const ENVOY = { ':method': 'GET', ':path': '/v2/', ':authority': 'localhost' }

/** What Envoy says, over the wire. */
function received(wire: WireRequest): CheckRequest {
  return decodeCheckRequest(CHECK.requestSerialize(wire)) ?? assert.fail('not decoded')
}

function message(http: WireHttp, address?: string): CheckRequest {
  const source =
    address === undefined ? {} : { source: { address: { socket_address: { address } } } }
  return received({ attributes: { ...source, request: { http } } })
}

const read = (http: WireHttp) => readAttributes(message(http))

function value(result: Result<RegistryRequest>): RegistryRequest {
  return result.ok ? result.value : assert.fail(JSON.stringify(result.refusal))
}

function reason(result: Result<unknown>): Reason | undefined {
  return result.ok ? undefined : result.refusal.reason
}

const line = (key: string, text: string) => ({ key, raw_value: Buffer.from(text, 'latin1') })

describe('readAttributes: the request', () => {
  it('is the method, the path and the three headers that decide', () => {
    const headers = {
      ...ENVOY,
      authorization: 'Bearer a',
      'content-type': 'application/json',
      'content-length': '5',
      cookie: 'a=b',
      'x-original-url': '/v2/other',
    }
    assert.deepEqual(value(read({ method: 'PUT', path: '/v2/a/manifests/v1?x=1', headers })), {
      method: 'PUT',
      target: '/v2/a/manifests/v1?x=1',
      authorization: 'Bearer a',
      contentType: 'application/json',
      contentLength: '5',
    })
  })

  it('leaves out what is not there', () => {
    assert.deepEqual(value(read({ ...LINE, headers: ENVOY })), { method: 'GET', target: '/v2/' })
  })

  for (const path of ['/v2/a/../b', '/v2/a%2Fb', '//v2/', '/v2/?from=%zz', '*', '/v2/\ufffd']) {
    it(`takes ${JSON.stringify(path)} as it is`, () => {
      assert.equal(value(read({ method: 'GET', path, headers: ENVOY })).target, path)
    })
  }

  for (const method of ['get', 'Post', 'OPTIONS', 'VERSION-CONTROL']) {
    it(`takes the method ${method} as it is`, () => {
      assert.equal(value(read({ method, path: '/v2/', headers: ENVOY })).method, method)
    })
  }

  const MALFORMED: readonly (readonly [what: string, message: CheckRequest])[] = [
    ['no attributes', received({})],
    ['no request', received({ attributes: {} })],
    ['no http', received({ attributes: { request: {} } })],
    ['no method', message({ path: '/v2/', headers: ENVOY })],
    ['an empty method', message({ method: '', path: '/v2/', headers: ENVOY })],
    ['no path', message({ method: 'GET', headers: ENVOY })],
    ['an empty path', message({ method: 'GET', path: '', headers: ENVOY })],
    ['a query beside the path', message({ ...LINE, query: 'from=a/b', headers: ENVOY })],
    ['a fragment beside the path', message({ ...LINE, fragment: 'x', headers: ENVOY })],
  ]
  for (const [what, request] of MALFORMED) {
    it(`refuses ${what}`, () => {
      assert.equal(reason(readAttributes(request)), 'request_malformed')
    })
  }

  for (const method of [' GET', 'GET ', 'GET\n', 'GÉT', 'GET/1', 'A'.repeat(33)]) {
    it(`refuses the method ${JSON.stringify(method)}, which would be logged`, () => {
      assert.equal(reason(read({ method, path: '/v2/', headers: ENVOY })), 'method_unsupported')
    })
  }
})

describe('readAttributes: headers', () => {
  it('reads header_map, which is there instead of headers with encode_raw_headers', () => {
    const header_map = {
      headers: [
        line(':path', '/v2/'),
        line('authorization', 'Bearer a'),
        line('content-length', ''),
      ],
    }
    assert.deepEqual(value(read({ ...LINE, header_map })), {
      ...{ method: 'GET', target: '/v2/', authorization: 'Bearer a', contentLength: '' },
    })
    const plain = { headers: [{ key: 'authorization', value: 'Bearer b' }] }
    assert.equal(value(read({ ...LINE, headers: {}, header_map: plain })).authorization, 'Bearer b')
  })

  it('joins what comes more than once by a comma, in its order', () => {
    const header_map = {
      headers: [
        line('content-type', 'application/x-www-form-urlencoded'),
        line('authorization', 'Bearer a'),
        line('Authorization', 'Bearer b'),
        line('content-type', 'application/octet-stream'),
        line('authorization', ''),
      ],
    }
    const request = value(read({ ...LINE, header_map }))
    assert.equal(request.authorization, 'Bearer a,Bearer b,')
    assert.equal(request.contentType, 'application/x-www-form-urlencoded,application/octet-stream')
  })

  it('knows a name in any case: a proxy that keeps the spelling must not hide a form', () => {
    const headers = { 'Content-Type': 'multipart/form-data', AUTHORIZATION: 'Bearer a' }
    const request = value(read({ ...LINE, headers }))
    assert.equal(request.contentType, 'multipart/form-data')
    assert.equal(request.authorization, 'Bearer a')
  })

  it('takes a request that is shown without any header for one without token', () => {
    for (const http of [LINE, { ...LINE, headers: {} }, { ...LINE, header_map: { headers: [] } }]) {
      assert.equal(reason(read(http)), 'token_missing')
    }
  })

  it('takes both forms if they tell the same', () => {
    const headers = { ...ENVOY, authorization: 'Bearer a,Bearer b' }
    const header_map = {
      headers: [line('authorization', 'Bearer a'), line('authorization', 'Bearer b')],
    }
    const request = value(read({ ...LINE, headers, header_map }))
    assert.equal(request.authorization, 'Bearer a,Bearer b')
  })

  for (const [name, text] of [
    ['authorization', 'Bearer a'],
    ['content-type', 'application/json'],
    ['content-length', '5'],
  ] as const) {
    it(`refuses two forms that disagree about ${name}`, () => {
      const both = [
        read({
          ...LINE,
          headers: { ...ENVOY, [name]: text },
          header_map: { headers: [line('a', '')] },
        }),
        read({ ...LINE, headers: ENVOY, header_map: { headers: [line(name, text)] } }),
        read({
          ...LINE,
          headers: { ...ENVOY, [name]: text },
          header_map: { headers: [line(name, `${text}x`)] },
        }),
      ]
      for (const result of both) assert.equal(reason(result), 'request_malformed')
    })
  }

  it('refuses a header that has a value and a raw value', () => {
    const header_map = { headers: [{ ...line('authorization', 'Bearer a'), value: 'Bearer b' }] }
    assert.equal(reason(read({ ...LINE, header_map })), 'request_malformed')
  })

  it('inherits nothing', () => {
    const headers = JSON.parse(
      '{"__proto__": {"authorization": "Bearer a"}, ":path": "/"}',
    ) as Record<string, string>
    assert.equal(value(read({ ...LINE, headers })).authorization, undefined)
  })

  it('keeps ASCII as it is, and replaces every other byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const header_map = { headers: [{ key: 'authorization', raw_value: bytes }] }
        const wanted = [...bytes].map((byte) =>
          byte < 0x80 ? String.fromCharCode(byte) : '\ufffd',
        )
        assert.equal(value(read({ ...LINE, header_map })).authorization, wanted.join(''))
      }),
    )
    const headers = { authorization: '\u00a0Bearer \u212a' }
    assert.equal(value(read({ ...LINE, headers })).authorization, '\ufffdBearer \ufffd')
  })

  it('lets no token through that was not one, whatever bytes were in it', () => {
    for (const bytes of [[0xe9], [0xc1, 0xa1], [0xff, 0xfe], [0], [0x0a], [0xa0], [0xc5, 0xbf]]) {
      const raw_value = Buffer.concat([Buffer.from('Bearer abc'), Buffer.from(bytes)])
      const header_map = { headers: [{ key: 'authorization', raw_value }] }
      const { authorization } = value(read({ ...LINE, header_map }))
      assert.equal(reason(bearerToken(authorization)), 'authorization_malformed')
    }
    // What Envoy makes of such bytes in `headers`.
    const headers = { authorization: 'Bearer abc!' }
    const { authorization } = value(read({ ...LINE, headers }))
    assert.equal(reason(bearerToken(authorization)), 'authorization_malformed')
  })

  it('lets no media type through that was not one', () => {
    const upload = { method: 'POST', path: '/v2/a/b/blobs/uploads/' }
    for (const type of [
      'application/octet-stream\xa0',
      '\x85application/json',
      'application\xadjson',
    ]) {
      const header_map = { headers: [line('content-type', type), line('content-length', '5')] }
      assert.equal(
        reason(readRequest(value(read({ ...upload, header_map })))),
        'body_type_unsupported',
      )
    }
  })

  it('says nothing of what it read when it refuses', () => {
    const canary = 'CANARY'
    const refusals = [
      read({ method: canary.repeat(9), path: '/v2/', headers: ENVOY }),
      read({ ...LINE, query: canary, headers: ENVOY }),
      read({
        ...LINE,
        headers: { authorization: canary },
        header_map: { headers: [line('authorization', `${canary}2`)] },
      }),
    ]
    for (const refusal of refusals) {
      assert.equal(refusal.ok, false)
      assert.doesNotMatch(JSON.stringify(refusal), /canary/i)
    }
  })
})

describe('originOf: the id of the request', () => {
  const id = '9ba3af09-8ce0-4d90-84a4-30d25a987887'
  it('is the one that Envoy logs, in either form of the headers', () => {
    const headers = { 'x-request-id': id }
    assert.equal(originOf(message({ ...LINE, headers })).requestId, id)
    for (const value of [{ value: id }, { raw_value: Buffer.from(id) }]) {
      const header_map = { headers: [{ key: 'x-request-id', ...value }] }
      assert.equal(originOf(message({ ...LINE, header_map })).requestId, id)
    }
  })

  it('is none that would look strange in a log', () => {
    for (const strange of ['', 'a b', 'a\nb', 'x'.repeat(65), '\u2028']) {
      const headers = { 'x-request-id': strange }
      assert.equal('requestId' in originOf(message({ ...LINE, headers })), false)
    }
  })
})

describe('originOf: the client address', () => {
  for (const address of ['10.0.0.1', '2001:db8::1', '::ffff:10.0.0.1']) {
    it(`is ${address}`, () => {
      assert.equal(originOf(message({ ...LINE, headers: ENVOY }, address)).address, address)
    })
  }

  for (const address of ['', 'localhost', '/var/run/x.sock', '10.0.0.1\n', '10.0.0.1:80']) {
    it(`is not ${JSON.stringify(address)}`, () => {
      assert.equal('address' in originOf(message({ ...LINE, headers: ENVOY }, address)), false)
    })
  }
})

describe('headersToRemove', () => {
  const remove = (method: string, ...names: string[]) => [
    headersToRemove(message({ method, headers: Object.fromEntries(names.map((n) => [n, ''])) })),
    headersToRemove(message({ method, header_map: { headers: names.map((n) => line(n, '')) } })),
  ]
  const CASES: readonly (readonly [method: string, names: string[], removed: string[]])[] = [
    ['GET', ['accept', 'x-rauth', 'my-x-rauth-a'], []],
    ['GET', ['x-rauth-account', 'accept'], ['x-rauth-account']],
    ['GET', ['X-Rauth-Anything', 'x_rauth_account'], ['x-rauth-anything', 'x_rauth_account']],
    ['GET', ['x-rauth-'], ['x-rauth-']],
    ['GET', ['x-rauth-a b', 'x-rauth-a\r\nb', 'x-rauth-a,b'], []],
    ['POST', ['accept'], ['content-type']],
    ['PUT', ['accept'], ['content-type']],
    ['PATCH', ['x-rauth-a'], ['x-rauth-a', 'content-type']],
    ['POST', ['Content-Type'], []],
    ['DELETE', ['accept'], []],
  ]
  for (const [method, names, removed] of CASES) {
    it(`${method} with ${JSON.stringify(names)}: ${JSON.stringify(removed)}`, () => {
      assert.deepEqual(remove(method, ...names), [removed, removed])
    })
  }
})
