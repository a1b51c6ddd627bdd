/**
 * At SIGUSR1 Node opens a debugger on loopback, for whoever reaches that. The first thing that is loaded, so
 * that none opens while the rest is, nor in a command that takes a while.
 */
process.on('SIGUSR1', () => undefined)
