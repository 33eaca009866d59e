"""Code generated once: a kernel that only kernels call stays a part until Python calls something that needs it.

Numba optimises every function and writes its machine code when it is compiled, with all that it calls in it, so that
a helper deep in the day is optimised and written again at each level above it. Here what `kernel.inner` compiles is
kept as it was lowered, not optimised; where Python enters, all parts are linked into one module, which is optimised
and written once. This reaches into Numba (its code libraries, its cache, its passes): tests/test_parts.py names what.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, CompileResult, DefaultPassBuilder, Flags
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.typed_passes import NativeLowering


class Part(JITCodeLibrary):
    """The code of one kernel, neither optimised nor written; what it calls is remembered, not linked."""

    def add_linking_library(self, library: Any) -> None:
        """Remember what this part calls."""
        library._ensure_finalized()
        self._linking_libraries.append(library)

    def finalize(self) -> None:
        """Make it fit for linking: what is called from other modules may stand in several."""
        for function in self._final_module.functions:
            if not function.is_declaration:
                function.linkage = "linkonce_odr"
        self._finalized = True

    def _get_module_for_linking(self) -> Any:
        """Return this part and all that it calls as one module, as a function compiled by Numba itself needs it."""
        self._ensure_finalized()
        whole = self._final_module.clone()
        link(whole, self._linking_libraries)
        return whole

    def serialize_using_object_code(self) -> tuple[str, bytes]:
        """Return this part and all that it calls, for the cache."""
        return self.name, self._get_module_for_linking().as_bitcode()


class Entry(JITCodeLibrary):
    """The code that Python calls, with all parts that it needs."""

    def finalize(self) -> None:
        """Link every part once, then optimise and write."""
        needed, self._linking_libraries = self._linking_libraries, []
        link(self._final_module, needed)
        super().finalize()
        self._linking_libraries = needed


def link(module: Any, libraries: list[Any]) -> None:
    """Link each library that these need into `module`, once."""
    for library in called(libraries):
        alone = library._final_module if isinstance(library, Part) else library._get_module_for_linking()
        module.link_in(alone, preserve=True)


def called(libraries: list[Any]) -> list[Any]:
    """Each library that these need, themselves included, once."""
    seen: dict[Any, None] = {}
    waiting = list(libraries)
    while waiting:
        library = waiting.pop()
        if library not in seen:
            seen[library] = None
            waiting += library._linking_libraries if isinstance(library, Part) else []
    return list(seen)


def entry_point(described: Any, environment: Any, library: Part) -> Any:
    """What stands for a part in Numba's tables; Python cannot call it."""
    name = described.qualname.split(".")[-1]
    return _dynfunc.make_function(described.lookup_module(), name, "part", 0, environment, (library,))


@register_pass(mutates_CFG=True, analysis_only=False)
class _LowerPart(NativeLowering):
    _name = "lower_part"

    def run_pass(self, state: Any) -> bool:
        state.library = Part(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        lowered = state["cr"]
        entry = entry_point(lowered.fndesc, lowered.env, state.library)
        state.targetctx.insert_user_function(entry, lowered.fndesc, [state.library])
        state["cr"] = lowered._replace(cfunc=entry)
        return True


@register_pass(mutates_CFG=True, analysis_only=False)
class _LowerEntry(NativeLowering):
    _name = "lower_entry"

    def run_pass(self, state: Any) -> bool:
        state.library = Entry(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return super().run_pass(state)


# Steps of Numba's compiler for what no kernel does: closures, `with`, functions to inline, array expressions, raising.
IDLE = {
    "WithLifting", "InlineClosureLikes", "RewriteSemanticConstants", "DeadBranchPrune", "RewriteDynamicRaises",
    "MakeFunctionToJitFunction", "InlineInlinables", "FindLiterallyCalls", "LiteralUnroll",
    "LiteralPropagationSubPipelinePass", "InlineOverloads", "NopythonRewrites", "AnnotateTypes",
    "NoPythonSupportedFeatureValidation", "DumpParforDiagnostics",
}  # fmt: skip


def _pipeline(state: Any, lowering: Any) -> list[Any]:
    whole = DefaultPassBuilder.define_nopython_pipeline(state)
    steps = PassManager("kernel")
    for step, about in whole.passes:
        if step.__name__ not in IDLE:
            steps.add_pass(lowering if step is NativeLowering else step, about)
    steps.finalize()
    return [steps]


class Settings(Flags):
    """Numba's flags, compared by what is set; it looks them up at every sign in a formula, among forty defaults."""

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._values)))

    def __eq__(self, other: object) -> bool:
        return self._values == other._values if isinstance(other, Settings) else super().__eq__(other)


class _KernelCompiler(CompilerBase):
    def __init__(self, typing: Any, target: Any, library: Any, given: Any, result: Any, flags: Any, names: Any):
        super().__init__(typing, target, library, given, result, Settings(flags), names)


class PartCompiler(_KernelCompiler):
    """Numba's compiler up to the point where code would be optimised."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        return _pipeline(self.state, _LowerPart)


class EntryCompiler(_KernelCompiler):
    """Numba's compiler, linking all parts at once."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        return _pipeline(self.state, _LowerEntry)


class _StoredPart(CompileResultCacheImpl):
    def rebuild(self, target_context: Any, payload: Any) -> Any:
        (name, bitcode), described, environment, signature, *_ = payload
        library = Part(target_context.codegen(), name)
        library._final_module = llvm.parse_bitcode(bitcode)
        library._finalized = True
        made: Any = CompileResult  # a tuple whose fields Numba names at run time
        return made(
            target_context=target_context, typing_context=target_context.typing_context, library=library,
            environment=environment, entry_point=entry_point(described, environment, library), fndesc=described,
            type_annotation="", signature=signature, objectmode=False, lifted=(), typing_error=None, call_helper=None,
            metadata=None, reload_init=(), referenced_envs=(),
        )  # fmt: skip


class PartCache(FunctionCache):
    """Parts on disk."""

    _impl_class = _StoredPart
