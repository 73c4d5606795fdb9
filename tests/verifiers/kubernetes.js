// Prints the objects of a YAML file as one JSON array, or says which of them the published schemas of Kubernetes refuse.
//   node kubernetes.js FILE
'use strict';
const fs = require('fs');
const { parseAllDocuments } = require('yaml');

const groups = { 'v1': 'kubernetes-models/v1', 'apps/v1': 'kubernetes-models/apps/v1' };
const objects = parseAllDocuments(fs.readFileSync(process.argv[2], 'utf8')).map((document) => {
  if (document.errors.length) throw document.errors[0];
  return document.toJS();
});
for (const object of objects) {
  const Model = require(groups[object.apiVersion])[object.kind];
  new Model(object).validate();
}
console.log(JSON.stringify(objects));
