import { z } from 'zod'
import { count } from './values.ts'

/** What `audit.to` can be that is no path. */
const STREAMS = ['log', 'stdout'] as const

const TO = 'must be log, stdout, or the path of a file with a / in it, such as ./audit.log'

/** Where the lines of decisions go, and which. docs/audit.md is about them. */
export const auditSchema = z
  .strictObject({
    to: z
      // Of a text without a slash a union tells what its second half says, and not its own error.
      .union([z.enum(STREAMS), z.string().includes('/', TO)], { error: TO })
      .default('log')
      .describe(
        'Where the line of each decision goes: into the `log`, as far as `logLevel` lets it; to `stdout`, whatever `logLevel` is; or into a file, a path such as `/var/log/rauth/audit.log`, beside which the log has those alone that rauth could not make. A file is made with mode 0640, in a folder that must be there, and opened anew by SIGHUP.',
      ),
    sampleReads: count(1_000_000)
      .refine((number) => number > 0, 'must be 1 at least')
      .prefault(1)
      .describe(
        'Of so many reads that were allowed one has a line, by chance, which says so as `sampled`. Logins, writes and whatever was refused have one each.',
      ),
    required: z
      .boolean('must be true or false')
      .default(false)
      .describe(
        'While the file cannot be written nothing is allowed: each request is answered 503 with `unrecorded`.',
      ),
  })
  .superRefine(({ to, required }, context) => {
    if (!required || auditFileOf({ to }) !== undefined) return
    const message = 'is for an audit that has a file: name it in "audit.to"'
    context.addIssue({ code: 'custom', path: ['required'], message })
  })

/** The file that the audit is written to, if it has one. */
export function auditFileOf({ to }: { readonly to: string }): string | undefined {
  return STREAMS.some((stream) => stream === to) ? undefined : to
}
