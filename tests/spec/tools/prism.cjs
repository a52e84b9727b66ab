// Compile every schema of a spec as Prism does. Prism ignores schemas that do not compile, and then
// validates nothing. Usage: node prism.cjs FOLDER_OF_NODE_MODULES SPEC
const { createRequire } = require("node:module");
const path = require("node:path");

const [modules, spec] = process.argv.slice(2).map((name) => path.resolve(name));
const load = createRequire(createRequire(path.join(modules, "x.js")).resolve("@stoplight/prism-http"));
const { getHttpOperationsFromSpec } = load("@stoplight/prism-http");
const Ajv = load("ajv").default;
const addFormats = load("ajv-formats").default;

function* schemas(operation) {
  for (const where of ["path", "query", "headers", "cookie"]) {
    for (const parameter of operation.request?.[where] ?? []) yield [where, parameter.schema];
  }
  for (const content of operation.request?.body?.contents ?? []) yield ["body", content.schema];
  for (const response of operation.responses) {
    for (const content of response.contents ?? []) yield [response.code, content.schema];
  }
}

(async () => {
  const operations = await getHttpOperationsFromSpec(spec);
  let compiled = 0;
  let failed = 0;
  for (const operation of operations) {
    for (const [where, schema] of schemas(operation)) {
      if (!schema) continue;
      const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: false, logger: false });
      addFormats(ajv);
      try {
        ajv.compile({ ...schema, __bundled__: operation.__bundled__ });
        compiled += 1;
      } catch (error) {
        failed += 1;
        console.error(`${operation.iid} ${where}: ${error.message}`);
      }
    }
  }
  console.log(`Prism: ${operations.length} operations, ${compiled} schemas compiled, ${failed} failed`);
  process.exit(failed || !compiled ? 1 : 0);
})();
