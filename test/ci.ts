/** Whether this is CI: there a test that cannot run is a failure, and is not skipped. */
export const CI = process.env["CI"] === "true";
