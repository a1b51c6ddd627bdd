import fc from 'fast-check'

/**
 * Loaded before every test file: properties try the same values in each run, so that a failure is
 * there again when it is looked at. `PROPERTY_SEED=random` (or a number) tries others.
 */
const wanted = process.env['PROPERTY_SEED'] ?? '20261124'
const seed = wanted === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(wanted)
if (!Number.isInteger(seed)) throw new Error(`PROPERTY_SEED is a whole number, not ${wanted}`)
fc.configureGlobal({ seed })
