/** A host as an image names it (distribution's reference grammar), with a port or without. */
const HOST =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/

/** Whether it is `HOST` or `HOST:PORT`: no scheme, no path, no wildcard. */
export function isRegistryHost(text: string): boolean {
  return text.length <= 255 && HOST.test(text)
}

/**
 * The registry of an image as the kubelet names it, which is never without one. `undefined`: it has none,
 * as the first part of a short name has neither a dot nor a port.
 */
export function registryOf(image: string): string | undefined {
  const end = image.indexOf('/')
  const host = image.slice(0, Math.max(end, 0))
  if (!isRegistryHost(host)) return undefined
  return host === 'localhost' || /[.:]/.test(host) ? host : undefined
}
