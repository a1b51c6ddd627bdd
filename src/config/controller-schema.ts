import { z } from 'zod'
import { OBJECT_NAME } from '../object-name.ts'
import { isRegistryHost } from '../registry/registry-host.ts'
import { CHANGES } from './changes-at.ts'
import { duration, labelSelector, namespace, objectName } from './values.ts'

/** More than a cluster has; each name stands in the configuration. */
const MAX_NAMESPACES = 1_000

const host = z
  .string()
  .refine(
    isRegistryHost,
    'must be HOST or HOST:PORT, as it stands before the first slash of an image',
  )

const names = z
  .array(namespace)
  .max(MAX_NAMESPACES, `must have ${String(MAX_NAMESPACES)} namespaces at most`)

/** `rauth controller`: what makes and rotates the Secrets of namespaces. */
export const controllerSchema = z
  .strictObject({
    namespaces: z
      .strictObject({
        labelSelector: z
          .union([z.literal('*'), labelSelector])
          .default('rauth.dev/managed=true')
          .describe(
            'Namespaces with such labels, as `kubectl get namespaces -l` has it; `*` is all of them.',
          ),
        except: names
          .default([])
          .describe(
            'Never these, whatever labels they have. In the environment separated by commas.',
          ),
        only: names
          .default([])
          .describe(
            'These, by their names, in place of a selector: each by requests of its own, for Roles in each, without the right to list namespaces.',
          ),
      })
      .prefault({})
      .describe('Which namespaces get Secrets.'),
    registries: z
      .array(host)
      .max(32, 'must have 32 registries at most')
      .optional()
      .describe(
        'Hosts that the pull Secret is for, as they stand before the first slash of an image; `service` if not set. In the environment separated by commas.',
      ),
    pullSecretName: objectName
      .default('registry-pull-secret')
      .describe('Name of the pull Secret in every namespace.')
      .register(CHANGES, { at: 'restart' }),
    rotateAfter: duration(60, 31_536_000)
      .optional()
      .describe(
        'How long a password lives; each namespace takes up to a tenth off, so that they do not all come at once. Not set: until somebody asks for another (`rauth rotate`).',
      ),
    publishAhead: duration(0, 3_600)
      .prefault('10s')
      .describe(
        'How long the next password is in the credentials before the pull Secret has it: time for every rauth to have read it. A watch that broke is there again within 10 seconds, one that died without a word within 90.',
      ),
    overlap: duration(10, 2_592_000)
      .prefault('24h')
      .describe(
        'How long the password before goes on working, counted from when the pull Secret has the next one. Longer than the slowest of those who copied it.',
      ),
    serviceAccounts: z
      .array(z.string().regex(OBJECT_NAME, 'must be the name of a ServiceAccount, such as default'))
      .max(16, 'must have 16 ServiceAccounts at most')
      .default([])
      .describe(
        'ServiceAccounts of each namespace, such as `default`, whose `imagePullSecrets` get the pull Secret beside what is there: their pods then need not name it.',
      )
      .register(CHANGES, { gone: 'at once' }),
    adopt: z
      .boolean('must be true or false')
      .default(false)
      .describe(
        'Take over Secrets of these names that somebody else made; their password stays. Else only those with the annotation `rauth.dev/adopt: "true"`. One that another program manages needs that in any case.',
      )
      .register(CHANGES, { gone: 'at once' }),
    whenUnmanaged: z
      .enum(['keep', 'delete'])
      .default('keep')
      .describe(
        'What becomes of the Secrets that rauth made in a namespace that is no longer chosen: they stay, and nobody rotates them, or they go after an overlap.',
      ),
    dryRun: z
      .boolean('must be true or false')
      .default(false)
      .describe('Say in the log what would be written, and write nothing.')
      .register(CHANGES, { at: 'restart' }),
    lease: z
      .strictObject({
        namespace: namespace
          .optional()
          .describe('Where it is; that of the pod if not set, outside of one `rauth`.'),
        name: objectName.default('rauth-controller').describe('What it is called.'),
      })
      .prefault({})
      .describe('The Lease by which one of several replicas works, and the others wait.')
      .register(CHANGES, { at: 'restart' }),
  })
  .superRefine(({ rotateAfter, overlap }, context) => {
    if (rotateAfter === undefined || rotateAfter >= 2 * overlap) return
    const message = 'must be twice "controller.overlap" at least: a password has to outlive that'
    context.addIssue({ code: 'custom', path: ['rotateAfter'], message })
  })
  .prefault({})
