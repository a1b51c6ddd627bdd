import type { Logs } from './logs.ts'

/**
 * SIGHUP: the file of the audit was moved away. SIGUSR2: logs all there is, and at the next one what is configured
 * again. SIGUSR1: nothing. By itself Node would open a debugger on a port of loopback, which is all that the
 * process has and can do for whoever reaches that port.
 */
export function followLogSignals(logs: Pick<Logs, 'log' | 'reopen' | 'toggleDebug'>): void {
  process.on('SIGHUP', () => {
    logs.reopen()
  })
  process.on('SIGUSR2', () => {
    logs.toggleDebug()
  })
  process.on('SIGUSR1', () => {
    logs.log.warn({}, 'SIGUSR1 does nothing: no debugger is opened')
  })
}
