// Packages of an npm folder elsewhere, by name.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export const packagesOf = (folder) => {
  const require = createRequire(folder + "/package.json");
  const load = async (name) => {
    let path;
    try {
      path = require.resolve(name);
    } catch {
      path = `${folder}/node_modules/${name}/lib/index.js`;
    }
    return import(pathToFileURL(path));
  };
  return { require, load };
};
