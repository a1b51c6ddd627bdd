import { element } from './dom.js'

/** How the policy came to a decision: each action, and each rule with what keeps it from matching. */
export function explanationOf(resources) {
  return resources.flatMap(({ resource, actions, holders }) => [
    element('h3', {}, resource),
    element(
      'ul',
      { class: 'verdicts' },
      ...actions.map(({ action, allowed, words }) =>
        element(
          'li',
          {},
          element('span', { class: `outcome ${allowed ? 'allowed' : 'refused'}` }, action),
          ` ${words}`,
        ),
      ),
    ),
    ...holders.map(holderOf),
  ])
}

function holderOf({ who, rules, untried }) {
  const rest = untried > 0 ? `${untried} more rules behind it were not tried.` : undefined
  return element(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': `Rules tried for ${who}`, tabindex: '0' },
    element(
      'table',
      {},
      element('caption', {}, `Rules tried for ${who}`),
      element('thead', {}, headOf(['Rule', 'Matches', 'Because'])),
      element(
        'tbody',
        {},
        ...rules.map(({ rule, matches, match, why }) =>
          element(
            'tr',
            { class: `match-${matches}` },
            element('td', {}, element('code', {}, rule)),
            element('td', {}, match),
            element('td', { class: 'text' }, why),
          ),
        ),
      ),
    ),
    rules.length === 0 ? element('p', {}, 'The policy has no rules.') : undefined,
    rest === undefined ? undefined : element('p', { class: 'help' }, rest),
  )
}

function headOf(names) {
  return element('tr', {}, ...names.map((name) => element('th', { scope: 'col' }, name)))
}
