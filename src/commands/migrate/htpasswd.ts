import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { htpasswdEntries } from '../../config/htpasswd/entries.ts'
import { htpasswdSecrets, migrateHtpasswd } from '../../config/htpasswd/migrate.ts'
import { schema } from '../../config/schema.ts'
import { messageOf, RauthError } from '../../errors.ts'
import { writeMigration } from './write-all.ts'

interface HtpasswdOptions {
  readonly output: string
  readonly secrets?: true
}

export function htpasswdCommand(): Command {
  return new Command('htpasswd')
    .description('Write rauth.yaml, policy.yaml and users.yaml, or print Secrets.')
    .argument('<file>', 'of bcrypt hashes, as a registry takes it')
    .option('-o, --output <directory>', 'where to write them', '.')
    .addOption(
      new Option(
        '--secrets',
        'print a Secret for each user, in the namespace that has its name, and write nothing',
      ).conflicts(['output']),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  rauth migrate htpasswd htpasswd -o migrated\n' +
        '  rauth migrate htpasswd htpasswd --secrets | kubectl apply -f -',
    )
    .exitOverride()
    .action(async (file: string, { output, secrets }: HtpasswdOptions) => {
      const entries = htpasswdEntries(textOf(file), file)
      if (secrets === true) {
        const secretName = schema.shape.secretName.parse(undefined)
        process.stdout.write(htpasswdSecrets(entries, { fileName: file, secretName }))
        return
      }
      await writeMigration(output, migrateHtpasswd(entries))
    })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const message = `cannot read the htpasswd file: ${messageOf(cause)}`
    throw new RauthError('ERR_CONFIG_INVALID', message, { cause })
  }
}
