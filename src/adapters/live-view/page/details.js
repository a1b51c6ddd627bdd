import { byId, element, getJson } from './dom.js'
import { explanationOf } from './explanation.js'

/** The dialog with all that there is to be said of one decision. */
export function createDetails() {
  const [dialog, body, close] = ['details', 'details-body', 'close-details'].map(byId)
  close.addEventListener('click', () => dialog.close())
  return {
    async show(id) {
      body.replaceChildren(element('p', {}, 'One moment…'))
      if (!dialog.open) dialog.showModal()
      try {
        body.replaceChildren(...partsOf(await getJson(`decisions/${encodeURIComponent(id)}`)))
      } catch (error) {
        body.replaceChildren(element('p', { class: 'alert' }, error.message))
      }
    },
  }
}

const VERDICTS = {
  allowed: 'was allowed',
  challenged: 'was told how to go on with',
  refused: 'was denied',
  failed: 'got no answer, since rauth could not tell, about',
}

function partsOf({ record, kind, who, what, why, next, explanation }) {
  const { status, reason, method, half, namespaces = [], address } = record
  return [
    element(
      'p',
      { class: 'sentence' },
      element('span', { class: `outcome ${kind}` }, kind),
      ` ${who === 'not known' ? 'somebody' : who} ${VERDICTS[kind]} ${what}.`,
    ),
    element(
      'dl',
      { class: 'facts' },
      ...pairs([
        ['Why', why === undefined ? undefined : `${reason}: ${why}`],
        ['What next', next],
        ['Where', `${half}${method === undefined ? '' : `, ${method}`}, answered ${status}`],
        ['When', record.time],
        ['Namespaces', namespaces.join(', ')],
        ['Client', address],
        ['Granted', record.granted],
        ['Rule', record.rule],
        ['In shadow', record.shadow],
        ['Credentials', (record.credentials ?? []).join(', ')],
        ['Path', record.path],
        ['Token id', record.tokenId],
        ['Key', record.keyId],
        ['Request id', record.requestId],
        ['Took', `${record.duration.toFixed(3)} ms`],
        ['Decision', record.id],
      ]),
    ),
    ...(explanation === undefined
      ? [element('p', { class: 'help' }, 'The policy was not asked, or has changed since.')]
      : [element('h3', {}, 'How the policy came to it'), ...explanationOf(explanation)]),
  ]
}

function pairs(rows) {
  return rows
    .filter(([, value]) => value !== undefined && value !== '')
    .flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)])
}
