// Prints the results of tests as TAP, one line for each.
import { inspect } from 'node:util';

let count = 0;

// Runs one test; it fails when the function throws.
export async function test(name, run) {
  count += 1;
  try {
    await run();
    console.log(`ok ${count} - ${name}`);
  } catch (error) {
    console.log(`not ok ${count} - ${name}`);
    console.log(inspect(error).replace(/^/gm, '# '));
  }
}

// Prints the plan, at the end, when it is known.
export function finish() {
  console.log(`1..${count}`);
}
