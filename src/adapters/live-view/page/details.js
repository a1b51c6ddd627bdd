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

function partsOf({ record, who, what, why, next, explanation }) {
  const { outcome, status, reason, method, half, namespaces = [], address } = record
  const verdict =
    outcome === 'allowed'
      ? 'was allowed to have'
      : outcome === 'refused'
        ? 'was denied'
        : 'was not told about'
  return [
    element(
      'p',
      { class: 'sentence' },
      element('span', { class: `outcome ${outcome}` }, outcome),
      ` ${who} ${verdict} ${what}.`,
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
