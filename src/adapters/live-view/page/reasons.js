import { element, number } from './dom.js'

/** The list of reasons to look for: those that there were since the start, with how often, the most first. */
export function createReasons(select) {
  const options = new Map()

  function optionOf(reason) {
    const known = options.get(reason)
    if (known !== undefined) return known
    const option = element('option', { value: reason }, reason)
    options.set(reason, option)
    select.append(option)
    return option
  }

  return {
    show(seen) {
      // Nothing moves under whoever is choosing.
      if (document.activeElement === select) return
      const chosen = select.value
      for (const { reason, count } of seen) {
        const option = optionOf(reason)
        option.textContent = `${reason} (${number(count)})`
        select.append(option)
      }
      select.value = chosen
    },
    choose(reason) {
      optionOf(reason)
      select.value = reason
    },
  }
}
