import fc from "fast-check";

/**
 * Property tests of CI play the same cases each time: a change is judged by what it changed. NIGHTLY=1 draws new ones, many more
 * of them; fast-check prints the seed of what fails.
 */
if (process.env.NIGHTLY !== "1") fc.configureGlobal({ seed: 20190919 });
