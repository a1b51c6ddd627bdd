/**
 * Loaded before every test file. By then its own coverage is being collected. Of the programs that it starts
 * none is wanted: a bundle's lines are nobody's source, and a megabyte for each run of it takes long to judge.
 */
if (process.env['NODE_TEST_CONTEXT'] !== undefined) delete process.env['NODE_V8_COVERAGE']
