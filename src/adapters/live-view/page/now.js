import { byId, duration, element, number, replaceChildren } from './dom.js'

const SVG = 'http://www.w3.org/2000/svg'

/** Seconds over which the rates are a mean. */
const MEAN = 10

/** `onReason`: told which reason somebody wants to see. */
export function createNow(onReason) {
  const [figures, health, reasons, history] = ['figures', 'health', 'reasons', 'history'].map(byId)
  return {
    show(now) {
      replaceChildren(figures, figuresOf(now))
      replaceChildren(health, healthOf(now))
      replaceChildren(reasons, reasonsOf(now, onReason))
      draw(history, now.history)
    },
  }
}

function figuresOf({ history, p50, p99, uptime, total }) {
  const rate = (outcome) => history[outcome].slice(-MEAN).reduce((sum, one) => sum + one) / MEAN
  return [
    ['Allowed', `${perSecond(rate('allowed'))}/s`, `${number(total.allowed)} since the start`],
    ['Refused', `${perSecond(rate('refused'))}/s`, `${number(total.refused)} since the start`],
    ['Failed', `${perSecond(rate('failed'))}/s`, `${number(total.failed)} since the start`],
    ['Challenged', `${perSecond(rate('challenged'))}/s`, 'a step of every login'],
    ['p50', milliseconds(p50), 'of the last minute'],
    ['p99', milliseconds(p99), 'of the last minute'],
    ['Up for', duration(uptime), 'this process'],
  ].map(([name, value, help]) =>
    element(
      'div',
      { class: `figure ${name.toLowerCase()}` },
      element('dt', {}, name),
      element('dd', {}, value, element('small', {}, help)),
    ),
  )
}

function perSecond(rate) {
  return rate >= 100 || rate === 0 ? number(Math.round(rate)) : rate.toFixed(1)
}

function milliseconds(value) {
  if (value === undefined) return '–'
  return `${value < 10 ? value.toFixed(2) : number(Math.round(value))} ms`
}

function healthOf({ health }) {
  const bad = health.filter(({ ready, trouble }) => !ready || trouble !== undefined)
  if (bad.length === 0) {
    return [element('p', { class: 'well' }, `Ready: ${health.map(({ name }) => name).join(', ')}.`)]
  }
  return bad.map(({ name, ready, trouble }) => {
    const what = ready
      ? `Trouble with ${name}, and rauth goes on: ${trouble}`
      : `Not ready: ${name}${trouble === undefined ? '' : `: ${trouble}`}`
    return element('p', { class: 'alert', role: 'alert' }, what)
  })
}

function reasonsOf({ reasons }, onReason) {
  if (reasons.length === 0) return [element('li', {}, 'Nothing was denied.')]
  return reasons
    .slice(0, 6)
    .map(({ reason, count }) =>
      element(
        'li',
        {},
        element(
          'button',
          { type: 'button', 'data-reason': reason, onclick: () => onReason(reason) },
          `${number(count)} × ${reason}`,
        ),
      ),
    )
}

/** Two bars a second, the denied ones below; heights by the square root, so that few are seen beside many. */
function draw(svg, { allowed, refused, failed }) {
  const denied = refused.map((count, at) => count + failed[at])
  const most = Math.max(1, ...allowed, ...denied)
  const height = (count) => (count === 0 ? 0 : 2 + 38 * Math.sqrt(count / most))
  svg.setAttribute('viewBox', `0 0 ${allowed.length * 6} 84`)
  svg.setAttribute('preserveAspectRatio', 'none')
  const bars = allowed.flatMap((count, at) => {
    const [up, down] = [height(count), height(denied[at])]
    return [bar('allowed', at * 6, 42 - up, up), bar('denied', at * 6, 43, down)]
  })
  svg.replaceChildren(...bars)
}

function bar(name, x, y, height) {
  const rect = document.createElementNS(SVG, 'rect')
  for (const [key, value] of Object.entries({ class: name, x, y, width: 5, height })) {
    rect.setAttribute(key, String(value))
  }
  return rect
}
