import { z } from 'zod'

/** A text; anything that YAML takes for a number or the like is the text that stands there. */
export const text = z.string('must be a text')

export const texts = (what: string) => z.array(text, `must be a list of ${what}`)

/** Words that are true and false in YAML 1.1, which docker_auth reads. */
const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/

export const flag = text.transform((value, context) => {
  if (TRUE.test(value)) return true
  if (FALSE.test(value)) return false
  context.addIssue({ code: 'custom', message: 'must be true or false' })
  return z.NEVER
})

export const integer = text.transform((value, context) => {
  if (/^[+-]?\d{1,9}$/.test(value)) return Number(value)
  context.addIssue({ code: 'custom', message: 'must be a whole number' })
  return z.NEVER
})
