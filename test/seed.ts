import fc from "fast-check";

/** The seed of CI: a change is judged by what it changed. */
const CI_SEED = 20190919;

/**
 * Property tests of CI play the same cases each time. NIGHTLY=1 draws new ones, many more of them;
 * PROPERTY_SEED=N repeats those of another run. fast-check prints the seed of what fails.
 */
const given = process.env.PROPERTY_SEED;
const seed =
  given !== undefined
    ? Number(given)
    : process.env.NIGHTLY === "1"
      ? Date.now() % 2 ** 31
      : CI_SEED;
fc.configureGlobal({ seed });
