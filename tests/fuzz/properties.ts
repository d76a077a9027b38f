// fast-check with a seed that is always the same, so that a run of the tests says something about the
// change and not about the dice. BOOTSRV_SEED gives another one: to explore, or to replay.
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["BOOTSRV_SEED"] || 1) });

export { fc };
