import { DOCKER_CONFIG_TYPE } from '../credentials/secret/docker-config.ts'
import type { Login } from './login.ts'
import {
  isOwned,
  MANAGED_BY,
  MANAGER,
  mayAdopt,
  missingMarks,
  OWNED,
  OWNER,
  UNMANAGED_SINCE,
} from './marks.ts'
import type { ObservedSecret } from './observed.ts'
import { newPullSecret, pullSecretChanges } from './pull-secret.ts'
import type { PlanContext } from './settings.ts'
import type { Obstacle, Plan, TextChanges } from './step.ts'

/** The pull Secret follows the credentials: whatever it holds for rauth's registries, it is their login. */
export function planPullSecret(
  secret: ObservedSecret | undefined,
  login: Login,
  { settings }: PlanContext,
): Pick<Plan, 'step' | 'obstacle'> {
  const { registries, pullSecretName: name } = settings
  if (secret === undefined) {
    const { data, annotations } = newPullSecret(login, registries)
    const labels = { [MANAGED_BY]: MANAGER }
    const content = { labels, annotations: { [OWNER]: OWNED, ...annotations }, data }
    return {
      step: { kind: 'create', target: 'pull', why: 'missing', type: DOCKER_CONFIG_TYPE, content },
    }
  }
  if (secret.deleting) return no('Deleting', `${name} waits for a finalizer to be deleted`)
  if (!isOwned(secret) && !mayAdopt(secret, settings.adopt)) {
    return no(
      'PullSecretNotOwned',
      `${name} is not rauth's: delete it, or give it to rauth with the annotation rauth.dev/adopt=true`,
    )
  }
  if (secret.type !== DOCKER_CONFIG_TYPE) {
    // The type of a Secret can't be changed.
    return no(
      'PullSecretType',
      `${name} is not of the type ${DOCKER_CONFIG_TYPE}: delete it, and rauth makes another`,
    )
  }
  const changes = pullSecretChanges(secret, login, registries)
  const marks = missingMarks(secret)
  const annotations: TextChanges = {
    ...{ ...marks?.annotations, ...changes?.annotations },
    ...(secret.annotations[UNMANAGED_SINCE] !== undefined && { [UNMANAGED_SINCE]: null }),
  }
  if (changes === undefined && marks === undefined && Object.keys(annotations).length === 0) {
    return {}
  }
  if (secret.immutable && changes !== undefined) {
    return no('PullSecretImmutable', `${name} is immutable: delete it, and rauth makes another`)
  }
  const why = !isOwned(secret) ? 'adopted' : changes === undefined ? 'unmarked' : 'changed'
  return {
    step: {
      ...{ kind: 'change', target: 'pull', why, version: secret.version },
      content: {
        ...(marks?.labels !== undefined && { labels: marks.labels }),
        annotations,
        ...(changes?.data !== undefined && { data: changes.data }),
      },
    },
  }
}

function no(reason: Obstacle['reason'], message: string): { readonly obstacle: Obstacle } {
  return { obstacle: { reason, message } }
}
