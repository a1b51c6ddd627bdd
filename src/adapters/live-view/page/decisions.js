import { byId, element, labelled, number, timeOfDay } from './dom.js'

/** Rows of the table; older ones are dropped. */
const MOST_ROWS = 200

/** How often what was denied is read out, milliseconds. */
const ANNOUNCED_EVERY = 10_000

/**
 * The table of decisions. `onDetails`: told of which decision somebody wants to know more. While it is paused
 * what comes is only counted.
 */
export function createDecisions(onDetails) {
  const [rows, none, left, pause, announce] = ['rows', 'none', 'left', 'pause', 'announce'].map(
    byId,
  )
  let paused = false
  let waiting = []
  const missed = { usual: 0, denied: 0 }
  const heard = { denied: 0, last: undefined, at: -ANNOUNCED_EVERY }

  function show(lines) {
    none.hidden = none.hidden || lines.length > 0
    const made = lines.slice(-MOST_ROWS).map((line) => rowOf(line, onDetails))
    rows.prepend(...labelled(made.reverse(), rows.parentElement))
    while (rows.rows.length > MOST_ROWS) rows.deleteRow(-1)
  }

  function tellLeft() {
    const parts = []
    if (paused) parts.push(`paused, ${number(waiting.length)} new`)
    if (missed.usual > 0)
      parts.push(`${number(missed.usual)} more that were not denied, not shown one by one`)
    if (missed.denied > 0) parts.push(`${number(missed.denied)} more denied, too many to show`)
    left.textContent = parts.join('; ')
  }

  function setPaused(value) {
    paused = value
    pause.setAttribute('aria-pressed', String(paused))
    pause.textContent = paused ? 'Go on' : 'Pause'
    if (!paused) {
      show(waiting)
      waiting = []
    }
    tellLeft()
  }

  /** Now and then, and never what comes while nobody wants it. */
  function tellAloud(lines) {
    const denied = lines.filter(({ kind }) => kind === 'refused' || kind === 'failed')
    heard.denied += denied.length
    heard.last = denied.at(-1) ?? heard.last
    if (paused || heard.denied === 0 || performance.now() - heard.at < ANNOUNCED_EVERY) return
    const { who, what, reason } = heard.last
    announce.textContent = `${number(heard.denied)} denied, the last: ${who}, ${what}, ${reason}`
    Object.assign(heard, { denied: 0, at: performance.now() })
  }

  pause.addEventListener('click', () => setPaused(!paused))
  return {
    add({ lines, more, lost }) {
      missed.usual += more.usual + lost.usual
      missed.denied += more.denied + lost.denied
      if (paused) waiting = [...waiting, ...lines].slice(-MOST_ROWS)
      else show(lines)
      tellAloud(lines)
      tellLeft()
    },
    /** Another filter: what is there is not what is wanted. */
    clear() {
      rows.replaceChildren()
      waiting = []
      Object.assign(missed, { usual: 0, denied: 0 })
      none.hidden = false
      none.textContent = 'No such decision among the last ones.'
      tellLeft()
    },
  }
}

function rowOf(line, onDetails) {
  const { id, time, half, kind, status, who, namespaces, what, reason, why, note, address } = line
  const of = namespaces.filter((one) => one !== who).join(', ')
  return element(
    'tr',
    { class: kind, 'data-id': id },
    element('td', { class: 'time' }, timeOfDay(time)),
    element(
      'td',
      {},
      element('span', { class: `outcome ${kind}` }, kind),
      element('small', {}, `${half}${kind === 'allowed' ? '' : ` ${status}`}`),
    ),
    element('td', { class: 'who' }, who, of === '' ? undefined : element('small', {}, of)),
    element('td', { class: 'what' }, what),
    element(
      'td',
      { class: 'why' },
      reason === undefined ? undefined : element('code', {}, reason),
      why ?? note ?? '',
      why !== undefined && note !== undefined ? element('small', {}, note) : undefined,
    ),
    element('td', { class: 'from' }, address ?? ''),
    element(
      'td',
      {},
      element(
        'button',
        {
          type: 'button',
          'aria-label': `Details of the decision at ${timeOfDay(time)} about ${what}`,
          onclick: () => onDetails(id),
        },
        'Details',
      ),
    ),
  )
}
