/** Input or options are wrong. */
export const EXIT_BAD_INPUT = 2;
/** Ended by SIGINT or SIGTERM, with what there was. */
export const EXIT_INTERRUPTED = 130;
