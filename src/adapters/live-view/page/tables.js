import {
  byId,
  dateAndTime,
  duration,
  element,
  getJson,
  labelled,
  number,
  replaceChildren,
} from './dom.js'

/** How often the tables are read anew, milliseconds. */
const EVERY = 5_000

/** Days before its end from which on a key is pointed out. */
const SOON = 30

/** Namespaces, keys and rules; read only while somebody can see them. */
export function createTables() {
  const find = byId('find-namespace')
  let timer

  async function read() {
    clearTimeout(timer)
    try {
      if (!document.hidden) show(await getJson(`tables?${query()}`))
    } catch (error) {
      byId('namespaces-count').textContent = error.message
    }
    timer = setTimeout(read, EVERY)
  }

  function query() {
    return new URLSearchParams({ namespaces: find.elements.text.value })
  }

  find.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(read, 300)
  })
  find.addEventListener('submit', (event) => event.preventDefault())
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) read()
  })
  read()
}

function show({ namespaces, keys, rules }) {
  const { total, found, broken, rows } = namespaces
  const shown = rows.length < found ? `, the first ${number(rows.length)} shown` : ''
  byId('namespaces-count').textContent =
    `${number(found)} of ${number(total)}${shown}; ${number(broken)} can't be used`
  showRows('namespace-rows', rows.map(namespaceRow))
  showRows('key-rows', keys.map(keyRow))
  const cut =
    rules.rows.length < rules.total ? `, the first ${number(rules.rows.length)} shown` : ''
  byId('policy-count').textContent =
    `${number(rules.total)} rules${cut}; ${number(rules.unused)} never hit since the start`
  showRows('rule-rows', [
    ...rules.rows.map(ruleRow),
    ...(rules.byDefault === undefined ? [] : [defaultRow(rules.byDefault)]),
  ])
}

function showRows(id, rows) {
  const body = byId(id)
  replaceChildren(body, labelled(rows, body.parentElement))
}

function namespaceRow(one) {
  const { namespace, credentials, problem, age, allowed, denied, lastAllowed, lastReason } = one
  const good = credentials.some(({ state }) => state.kind === 'usable')
  const state = problem !== undefined || !good ? 'cannot be used' : 'usable'
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, namespace),
    element(
      'td',
      { class: 'text' },
      element('span', { class: `outcome ${state === 'usable' ? 'allowed' : 'refused'}` }, state),
      problem === undefined ? undefined : element('small', {}, problem),
    ),
    element('td', { class: 'who' }, ...credentials.slice(0, 8).map(credentialOf)),
    element('td', { class: 'number' }, age === undefined ? 'not told' : duration(age)),
    element('td', { class: 'number' }, ago(lastAllowed)),
    element('td', { class: 'number' }, number(allowed)),
    element('td', { class: 'number' }, number(denied)),
    element('td', {}, lastReason ?? ''),
  )
}

function credentialOf({ id, username, state: { kind, at } }) {
  const when = at === undefined ? '' : dateAndTime(at * 1000)
  const words = {
    usable: at === undefined ? '' : `until ${when}`,
    waits: `from ${when}`,
    ended: `ended ${when}`,
  }
  return element('div', {}, username, element('small', {}, [id, words[kind]].join(' ').trim()))
}

function ago(milliseconds) {
  if (milliseconds === undefined) return 'not since start'
  return `${duration((Date.now() - milliseconds) / 1000)} ago`
}

function keyRow({ id, algorithm, state, signsFrom, notAfter }) {
  const left = (notAfter * 1000 - Date.now()) / 86_400_000
  const ends = `${dateAndTime(notAfter * 1000)}, ${left < 0 ? 'over' : `in ${Math.floor(left)} d`}`
  const words = {
    signs: 'signs and verifies',
    verifies: 'verifies',
    waits: 'verifies, published ahead',
    over: 'verifies',
    expired: 'has ended',
    trusted: 'CA: registries trust it',
  }
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, element('code', {}, id)),
    element('td', {}, algorithm ?? ''),
    element('td', {}, words[state]),
    element('td', {}, signsFrom === undefined ? '' : dateAndTime(signsFrom * 1000)),
    element('td', { class: left < SOON ? 'never' : undefined }, ends),
  )
}

function ruleRow({ rule, match, actions, hits, last }) {
  const words = match.flatMap(({ key, text }, at) => [
    ...(at === 0 ? [] : [', ']),
    `${key} `,
    element('code', {}, text),
  ])
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, element('code', {}, rule)),
    element('td', { class: 'text' }, ...(words.length === 0 ? ['everything'] : words)),
    element('td', {}, actions),
    ...hitCells(hits, last),
  )
}

function defaultRow({ hits, last }) {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, 'no rule'),
    element('td', {}, 'whatever no rule is about, and logins that ask for nothing'),
    element('td', {}, 'nothing: denied by default'),
    ...hitCells(hits, last),
  )
}

function hitCells(hits, last) {
  const never = hits === 0
  return [
    element('td', { class: never ? 'number never' : 'number' }, never ? 'never' : number(hits)),
    element('td', { class: 'number' }, never ? '' : ago(last)),
  ]
}
