import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseConfig } from '../../../src/config/read.ts'
import { warningsOf } from '../../../src/config/warnings.ts'

const read = (tracing: string, environment = {}) =>
  parseConfig(
    `realm: https://registry.example/token\ntracing: ${tracing}\n`,
    '/etc/rauth/rauth.yaml',
    environment,
  )

function tracingOf(tracing: string, environment = {}) {
  const found = read(tracing, environment)
  assert.equal(found.problems, undefined)
  return found.config.tracing
}

describe('tracing', () => {
  it('is off by default', () => {
    const { endpoint, protocol, sampleRatio } = tracingOf('{}')
    assert.deepEqual([endpoint, protocol, sampleRatio], [undefined, 'http/protobuf', 1])
  })

  it('goes to the path of OTLP where an address has none', () => {
    for (const [written, meant] of [
      ['http://collector:4318', 'http://collector:4318/v1/traces'],
      ['http://collector:4318/', 'http://collector:4318/v1/traces'],
      ['https://otlp.example/otlp/v1/traces', 'https://otlp.example/otlp/v1/traces'],
      ['https://otlp.example/x?y=z', 'https://otlp.example/x?y=z'],
    ] as const) {
      assert.equal(tracingOf(`{ endpoint: '${written}' }`).endpoint, meant)
    }
  })

  it('can be said in the environment, and has its files beside the configuration', () => {
    const found = tracingOf('{ headersFile: otlp, authority: ca.crt }', {
      RAUTH_TRACING_ENDPOINT: 'http://collector:4318',
      RAUTH_TRACING_SAMPLE_RATIO: '0.25',
      RAUTH_TRACING_ATTRIBUTES: 'k8s.cluster.name=a,service.name=registry',
    })
    assert.equal(found.sampleRatio, 0.25)
    assert.equal(found.headersFile, '/etc/rauth/otlp')
    assert.equal(found.authority, '/etc/rauth/ca.crt')
    assert.deepEqual(found.attributes, [
      { name: 'k8s.cluster.name', value: 'a' },
      { name: 'service.name', value: 'registry' },
    ])
  })

  for (const [what, text] of [
    ['gRPC', '{ endpoint: "grpc://collector:4317" }'],
    ['a password in the address', '{ endpoint: "https://a:b@collector" }'],
    ['another protocol', '{ protocol: grpc }'],
    ['a ratio above 1', '{ sampleRatio: 1.5 }'],
    ['a ratio that is none', '{ sampleRatio: often }'],
    ['an attribute without a value', '{ attributes: [{ name: a, value: "" }] }'],
    ['a name that is none', '{ attributes: [{ name: "a b", value: c }] }'],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.match(read(text).problems?.[0]?.message ?? '', /tracing/)
    })
  }

  it('is warned of where a secret goes to a collector in the clear', () => {
    const warned = (text: string) => {
      const found = read(text)
      assert.equal(found.problems, undefined)
      return warningsOf(found.config, []).filter((one) => one.includes('collector'))
    }
    assert.equal(warned('{ endpoint: "http://collector:4318", headersFile: x }').length, 1)
    assert.equal(warned('{ endpoint: "http://127.0.0.1:4318", headersFile: x }').length, 0)
    assert.equal(warned('{ endpoint: "https://collector", headersFile: x }').length, 0)
    assert.equal(warned('{ endpoint: "http://collector:4318" }').length, 0)
  })
})
