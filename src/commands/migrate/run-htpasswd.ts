import { MOST_INPUT, readBoundedText } from '../../config/bounded-text.ts'
import { htpasswdEntries } from '../../config/htpasswd/entries.ts'
import { htpasswdSecrets, migrateHtpasswd } from '../../config/htpasswd/migrate.ts'
import { schema } from '../../config/schema.ts'
import { messageOf, RauthError } from '../../errors.ts'
import { writeMigration } from './write-all.ts'

export interface HtpasswdOptions {
  readonly output: string
  readonly secrets?: true
}

/** `rauth migrate htpasswd`. */
export async function runHtpasswd(
  file: string,
  { output, secrets }: HtpasswdOptions,
): Promise<void> {
  const entries = htpasswdEntries(textOf(file), file)
  if (secrets === true) {
    const secretName = schema.shape.secretName.parse(undefined)
    process.stdout.write(htpasswdSecrets(entries, { fileName: file, secretName }))
    return
  }
  await writeMigration(output, migrateHtpasswd(entries))
}

function textOf(file: string): string {
  try {
    return readBoundedText(file, MOST_INPUT)
  } catch (cause) {
    const message = `cannot read the htpasswd file: ${messageOf(cause)}`
    throw new RauthError('ERR_CONFIG_INVALID', message, { cause })
  }
}
