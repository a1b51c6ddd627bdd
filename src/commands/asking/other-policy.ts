import { versionOf } from '../../adapters/file/document-store.ts'
import { POLICY_FILE, readDocumentText } from '../../adapters/file/document-text.ts'
import type { Running } from '../../adapters/probe/running.ts'
import type { Config } from '../../config/schema.ts'

/**
 * That a rauth that runs decides by another policy than the configuration names, in words; else nothing. It may have
 * been given other files, or not have seen them change.
 */
export async function otherPolicy(config: Config, running: Running): Promise<readonly string[]> {
  const { file } = config.policy
  if (file === undefined || running.troubles.has('policy') || running.policies.length === 0) {
    return []
  }
  const text = await readDocumentText(file, POLICY_FILE).catch(() => undefined)
  if (text === undefined || running.policies.includes(versionOf(text))) return []
  return [
    `another policy decides there, version ${running.policies.join(' and ')}, than ${file} is here, ` +
      `version ${versionOf(text)}: it has another file, or this one has changed this moment; ask again, ` +
      'then compare policy.file',
  ]
}
