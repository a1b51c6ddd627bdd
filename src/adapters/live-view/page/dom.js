/** An element; what is in it becomes text, never markup. Names that begin with `on` are listeners. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value)
    else made.setAttribute(key, value === true ? '' : String(value))
  }
  made.append(...children.filter((child) => child !== undefined))
  return made
}

export function byId(id) {
  return document.getElementById(id)
}

/** Puts rows in place of those of before, unless nothing changed: a selection or the focus in them stays. */
export function replaceChildren(parent, children) {
  const next = element('template')
  next.content.append(...children)
  const same =
    parent.childNodes.length === next.content.childNodes.length &&
    [...parent.childNodes].every((node, at) => node.isEqualNode(next.content.childNodes[at]))
  if (!same) parent.replaceChildren(...next.content.childNodes)
}

/** Rows as cards of a narrow screen have them: each cell with its column's name, and with its role, which CSS takes away there. */
export function labelled(rows, table) {
  const heads = [...table.tHead.rows[0].cells].map(({ textContent }) => textContent.trim())
  for (const row of rows) {
    row.setAttribute('role', 'row')
    for (const [at, cell] of [...row.cells].entries()) {
      cell.setAttribute('role', cell.tagName === 'TH' ? 'rowheader' : 'cell')
      cell.dataset.label = heads[at]
    }
  }
  return rows
}

/** `3 s`, `5 min`, `2 h`, `40 d`: how long something is, in its largest unit. */
export function duration(seconds) {
  const whole = Math.max(Math.round(seconds), 0)
  if (whole < 120) return `${whole} s`
  if (whole < 7200) return `${Math.floor(whole / 60)} min`
  if (whole < 172_800) return `${Math.floor(whole / 3600)} h`
  return `${Math.floor(whole / 86_400)} d`
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const DAY = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short' })

/** The time of day, by the clock of whoever looks. */
export function timeOfDay(milliseconds) {
  return CLOCK.format(milliseconds)
}

export function dateAndTime(milliseconds) {
  return DAY.format(milliseconds)
}

export function number(value) {
  return value.toLocaleString('en-US')
}

/** The JSON of a path of the live view; throws what rauth says is wrong. */
export async function getJson(path) {
  const response = await fetch(path)
  const body = await response.json()
  if (response.ok) return body
  if (response.status === 401) location.reload()
  throw new Error(body.error ?? `rauth answers ${response.status}`)
}
