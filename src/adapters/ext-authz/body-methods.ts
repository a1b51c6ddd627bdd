const WITH_BODY = ['POST', 'PUT', 'PATCH']

/** Whether a registry may read the body of such a request as a form, and so as part of its meaning. */
export function mayHaveBody(method: string): boolean {
  return WITH_BODY.includes(method)
}
