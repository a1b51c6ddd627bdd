import type { Observed, ObservedSecret } from './observed.ts'
import { changedData } from './secret-data.ts'
import type { Step, TextChanges } from './step.ts'

/**
 * A namespace as it would be after a step, as the API server does it: for a dry run, and for tests of plans.
 * `version` is the one that what was written has then.
 */
export function applyStep(observed: Observed, step: Step, version: string): Observed {
  switch (step.kind) {
    case 'create': {
      const { type, content, target } = step
      const secret: ObservedSecret = {
        ...{ uid: `uid of ${version}`, version, type, immutable: false, deleting: false },
        labels: changedTexts({}, content.labels),
        annotations: changedTexts({}, content.annotations),
        data: changedData(undefined, content.data),
      }
      return { ...observed, [target]: secret }
    }
    case 'change': {
      const { content, target } = step
      const before = observed[target]
      if (before === undefined) return observed
      const { labels = {}, annotations = {}, data = {} } = content
      const secret: ObservedSecret = {
        ...{ ...before, version },
        labels: changedTexts(before.labels, labels),
        annotations: changedTexts(before.annotations, annotations),
        data: changedData(before.data, data),
      }
      return { ...observed, [target]: secret }
    }
    case 'delete':
      return { ...observed, [step.target]: undefined }
    case 'link': {
      const { uid = '' } = observed.accounts[step.account] ?? {}
      const account = { uid, version, pullSecrets: step.pullSecrets }
      return { ...observed, accounts: { ...observed.accounts, [step.account]: account } }
    }
  }
}

function changedTexts(before: Readonly<Record<string, string>>, changes: TextChanges) {
  const texts = new Map(Object.entries(before))
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) texts.delete(key)
    else texts.set(key, value)
  }
  return Object.fromEntries(texts)
}
