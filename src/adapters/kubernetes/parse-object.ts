import { isMapping, type Mapping } from '../../mapping.ts'

/** Without the words of the parser: they quote the text. */
export function parseObject(text: string): Mapping | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isMapping(value) ? value : undefined
  } catch {
    return undefined
  }
}
