import { z } from 'zod'
import { isOfApiServer } from '../service-account.ts'
import { issuer, listOf, text } from './oidc-schema.ts'
import { askingBounds, duration, file, namespaces } from './values.ts'

/** Tokens of Kubernetes ServiceAccounts. */
export const serviceAccounts = z
  .strictObject(
    {
      audience: listOf(text, 'must be a text or a list of texts').describe(
        'What a token must be for: one of these, and never what the tokens for the API server are for.',
      ),
      verify: z
        .enum(['review', 'keys'], 'must be review or keys')
        .default('review')
        .describe(
          '`review`: the API server is asked about each token, by a TokenReview. `keys`: by the keys of the cluster, without asking anybody.',
        ),
      issuer: issuer
        .optional()
        .describe(
          '`iss` of the tokens: `kubectl get --raw /.well-known/openid-configuration`. Without, with `review`: any that the API server takes.',
        ),
      jwks: file
        .optional()
        .describe(
          'The keys of the cluster, a JWKS, in place of those that its API server tells; read again when it changes.',
        ),
      namespaces: namespaces
        .default([])
        .describe('ServiceAccounts of these namespaces alone; of all if there are none here.'),
      maxLifetime: duration(60, 366 * 24 * 3600)
        .prefault('24h')
        .describe(
          'Longest lifetime of a token, from when it was issued: API servers make them for any time that is asked for.',
        ),
      ...askingBounds(16),
      remember: duration(0, 300)
        .prefault('60s')
        .describe('How long the yes of a review is one without asking again; 0s: never.'),
    },
    'must be a map such as { audience: registry.example }',
  )
  .superRefine(({ audience, verify, issuer: from, jwks }, context) => {
    const bad = (key: string, message: string) => {
      context.addIssue({ code: 'custom', path: [key], message })
    }
    if (audience.some((one) => one === from || isOfApiServer(one))) {
      bad(
        'audience',
        'is that of the tokens for the API server, which every pod has: choose your own',
      )
    }
    if (verify === 'keys' && from === undefined)
      bad('issuer', 'is missing: keys are those of one issuer')
    if (verify === 'review' && jwks !== undefined) bad('jwks', 'is for verify: keys')
  })
