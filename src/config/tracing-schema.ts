import { z } from 'zod'
import { duration, file } from './values.ts'

/** The path of spans, where an address has none (OpenTelemetry Protocol, "OTLP/HTTP Request"). */
const TRACES_PATH = '/v1/traces'

const endpoint = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username + url.password + url.hash === ''
  ) {
    if (url.pathname === '/') url.pathname = TRACES_PATH
    return url.href
  }
  context.addIssue({
    code: 'custom',
    message:
      'must be an http or https URL such as http://collector:4318, without a password: what the collector wants to know goes into "tracing.headersFile"',
  })
  return z.NEVER
})

const ratio = z.preprocess(
  (value) => (typeof value === 'string' && /^\d(\.\d+)?$/.test(value) ? Number(value) : value),
  z.number('must be a number from 0 to 1').min(0).max(1),
)

const attribute = z.strictObject(
  {
    name: z
      .string()
      .regex(/^[A-Za-z][\w.-]{0,127}$/, 'must be a name such as k8s.cluster.name')
      .describe('Such as `k8s.cluster.name`; `service.name` is `rauth` where none is given.'),
    value: z.string().min(1, 'must not be empty').max(256).describe('A text.'),
  },
  'must be a map with name and value',
)

/** Where decisions are told as spans. */
export const tracing = z
  .strictObject({
    endpoint: endpoint
      .optional()
      .describe(
        'Where spans go, by OTLP over HTTP, such as http://collector:4318; `/v1/traces` is added where the address has no path. Not set: rauth does not trace.',
      ),
    protocol: z
      .enum(['http/protobuf', 'http/json'])
      .default('http/protobuf')
      .describe('Its format.'),
    sampleRatio: ratio
      .default(1)
      .describe(
        'Which part of the traces that begin at rauth is recorded, 0 to 1. Of those that begin in front of it, whoever begins them decides.',
      ),
    headersFile: file
      .optional()
      .describe(
        'Headers for the collector, a line `NAME: VALUE` each: a secret. Read for each message.',
      ),
    authority: file
      .optional()
      .describe('PEM of the CA that it is under, in place of those that Node.js trusts.'),
    timeout: duration(1, 60)
      .prefault('10s')
      .describe('Longest time for one message, attempts again included.'),
    delay: duration(1, 60)
      .prefault('5s')
      .describe('How long a span waits for others to go with, at most.'),
    attributes: z
      .array(attribute)
      .max(32, 'must have 32 attributes at most')
      .default([])
      .describe('More about this rauth, on every span. In the environment `NAME=VALUE,…`.'),
  })
  .prefault({})
  .describe('Spans of decisions for OpenTelemetry, off by default.')
