import type { AskPolicy, Question } from '../../authorize.ts'
import { networkOf } from '../network.ts'
import type { Command } from './command.ts'

const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/**
 * Asks a command as docker_auth asks its `ext_authz`: one JSON object on its standard input. Exit code 0
 * allows all that is asked for, 1 nothing; any other is no answer. What it prints means nothing.
 */
export function createPolicyCommand(command: Command): AskPolicy {
  return async (question) => {
    const outcome = await command(formatQuestion(question), shareOf(question))
    if (outcome.kind === 'failure') return outcome
    switch (outcome.code) {
      case 0:
        return { kind: 'allowed' }
      case 1:
        return { kind: 'denied' }
      default:
        return { kind: 'failure', detail: `the command exited with ${outcome.code}` }
    }
  }
}

/** Nobody has the place of its network. */
function shareOf({ share, address = '' }: Question): string {
  return share ?? networkOf(address)
}

function formatQuestion({ account, resource, service, address, labels = {} }: Question): string {
  const { type, name, actions } = resource
  return JSON.stringify({
    Account: account,
    Type: type,
    Name: name,
    Service: service,
    IP: canonical(address ?? ''),
    Actions: actions,
    Labels: Object.keys(labels).length === 0 ? null : labels,
  })
}

/** The one spelling of an address that programs compare with, RFC 5952. */
function canonical(address: string): string {
  const mapped = IPV4_IN_IPV6.exec(address)?.[1]
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address
  const url = `http://[${address.replace(/%.*$/, '')}]/`
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : ''
}
