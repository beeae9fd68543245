// Runs the flows of the files beside it and prints what became of each, a JSON line a flow:
// {"flow": "chat/pagingMissesNothing", "milliseconds": 12, "error": null}
import { readdir } from "node:fs/promises";

const folder = new URL(".", import.meta.url);
for (const file of (await readdir(folder)).filter((name) => name.endsWith(".flows.mjs")).sort()) {
  const flows = await import(new URL(file, folder));
  for (const [name, flow] of Object.entries(flows)) {
    const begun = performance.now();
    let error = null;
    try {
      await flow();
    } catch (thrown) {
      error = thrown.stack ?? String(thrown);
    }
    const milliseconds = Math.round(performance.now() - begun);
    console.log(JSON.stringify({ flow: `${file.replace(".flows.mjs", "")}/${name}`, milliseconds, error }));
  }
}
process.exit(0); // clients keep timers
