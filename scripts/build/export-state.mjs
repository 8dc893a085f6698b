// A transform of the AssemblyScript compiler: exports every mutable global, as state0, state1 and
// so on. Linear memory and these are all that an instance is made of, so that it can be set back to
// an earlier moment (src/core/core-image.ts).
import { Transform } from "assemblyscript/transform";

export default class ExportState extends Transform {
  afterCompile(module) {
    let exported = 0;
    for (let index = 0; index < module.getNumGlobals(); index++) {
      const { name, mutable } = this.binaryen.getGlobalInfo(module.getGlobalByIndex(index));
      if (mutable) module.addGlobalExport(name, `state${exported++}`);
    }
  }
}
