import { Command } from 'commander'
import type { DockerAuthOptions } from './run-docker-auth.ts'

export function dockerAuthCommand(): Command {
  return new Command('docker-auth')
    .description('Write rauth.yaml, policy.yaml and users.yaml, and list every difference.')
    .argument('<file>', 'the docker_auth configuration')
    .option('-o, --output <directory>', 'where to write them', '.')
    .addHelpText('after', '\nExample:\n  rauth migrate docker-auth auth_config.yml -o migrated')
    .exitOverride()
    .action(async (file: string, options: DockerAuthOptions) => {
      const { runDockerAuth } = await import('./run-docker-auth.ts')
      await runDockerAuth(file, options)
    })
}
