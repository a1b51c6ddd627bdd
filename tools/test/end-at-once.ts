/**
 * Loaded before every test file. When nothing is left to do the process ends at once: while it closes what a test left
 * behind, Node 20 has been seen to go round and round for ever (node::Environment::CleanupHandles).
 */
process.once('beforeExit', () => {
  // Behind what the test runner does at its end.
  process.once('exit', () => process.exit())
})
