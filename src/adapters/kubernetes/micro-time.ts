/** `metav1.MicroTime` of milliseconds since the epoch: six digits of a second and no others. */
export function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z')
}
