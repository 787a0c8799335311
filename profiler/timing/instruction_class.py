"""The one classification of Thumb instructions: what the cost tables in `cores/*.toml` are keyed by."""

from __future__ import annotations

from enum import StrEnum


class InstructionClass(StrEnum):
    """Instructions that cost the same on every core the tables know. `UNKNOWN` is priced, but reported."""

    ALU = "alu"  # add, logic, compare, move, without a shifted operand
    ALU_SHIFTED_LEFT = "alu_shifted_left"  # second operand shifted by LSL
    ALU_SHIFTED = "alu_shifted"  # second operand shifted by LSR, ASR, ROR or RRX
    ALU_SHIFTED_CONSTANT = "alu_shifted_constant"  # second operand a constant that is made by shifting 8 bits
    SHIFT = "shift"
    BITFIELD = "bitfield"  # extract, insert, reverse
    EXTEND = "extend"  # and count leading zeros
    SATURATE = "saturate"
    SIMD = "simd"  # parallel add/subtract, select
    SIMD_SATURATING = "simd_saturating"  # saturating add/subtract, parallel or not; sums of absolute differences
    PACK = "pack"  # pack halfwords, extend and add
    MULTIPLY = "multiply"
    MULTIPLY_ACCUMULATE = "multiply_accumulate"
    LONG_MULTIPLY = "long_multiply"
    LONG_MULTIPLY_ACCUMULATE = "long_multiply_accumulate"
    DIVIDE = "divide"
    LOAD = "load"  # one word
    LOAD_NARROW = "load_narrow"  # one byte or halfword
    LOAD_DOUBLE = "load_double"
    LOAD_MULTIPLE = "load_multiple"
    STORE = "store"  # base plus immediate
    STORE_REGISTER_OFFSET = "store_register_offset"
    STORE_EXCLUSIVE = "store_exclusive"
    STORE_DOUBLE = "store_double"
    STORE_MULTIPLE = "store_multiple"
    BRANCH = "branch"  # B, Bcc, CBZ, CBNZ
    CALL = "call"  # BL
    BRANCH_REGISTER = "branch_register"  # BX, BLX, MOV PC, ADD PC
    TABLE_BRANCH = "table_branch"
    IT = "it"
    NOP = "nop"
    BARRIER = "barrier"
    SYSTEM = "system"  # MRS, MSR, SVC, BKPT, UDF, SG
    STATE_CHANGE = "state_change"  # CPS
    FP_MOVE = "fp_move"  # VMOV, VABS, VNEG, VSEL between FP registers and of constants
    FP_TRANSFER = "fp_transfer"  # VMOV between a core and an FP register, VMRS, VMSR
    FP_TRANSFER_TWO = "fp_transfer_two"  # VMOV between two core registers and two FP registers
    FP_ADD = "fp_add"  # VADD, VSUB, VMAXNM, VMINNM
    FP_COMPARE = "fp_compare"
    FP_CONVERT = "fp_convert"
    FP_MULTIPLY = "fp_multiply"
    FP_MULTIPLY_ACCUMULATE = "fp_multiply_accumulate"
    FP_DIVIDE = "fp_divide"
    FP_SQUARE_ROOT = "fp_square_root"
    FP_LOAD = "fp_load"
    FP_LOAD_DOUBLE = "fp_load_double"
    FP_LOAD_MULTIPLE = "fp_load_multiple"
    FP_STORE = "fp_store"
    FP_STORE_DOUBLE = "fp_store_double"
    FP_STORE_MULTIPLE = "fp_store_multiple"
    UNKNOWN = "unknown"


_C = InstructionClass
_NAMES: dict[InstructionClass, str] = {
    _C.ALU: "adc add addw adr and bic cmn cmp eor mov movs movt movw mvn orn orr rsb sbc sub subw teq tst",
    _C.SHIFT: "asr lsl lsr ror rrx",
    _C.BITFIELD: "bfc bfi rbit rev rev16 revsh sbfx ubfx",
    _C.EXTEND: "sxtb sxth uxtb uxth sxtb16 uxtb16 clz",
    _C.SATURATE: "ssat usat ssat16 usat16",
    _C.SIMD: "sel",
    _C.SIMD_SATURATING: "qadd qsub qdadd qdsub usad8 usada8",
    _C.PACK: "pkhbt pkhtb sxtab sxtah uxtab uxtah sxtab16 uxtab16",
    _C.MULTIPLY: "mul smulbb smulbt smultb smultt smulwb smulwt smuad smuadx smusd smusdx smmul smmulr",
    _C.MULTIPLY_ACCUMULATE: "mla mls smlabb smlabt smlatb smlatt smlawb smlawt smlad smladx smlsd smlsdx"
    " smmla smmlar smmls smmlsr",
    _C.LONG_MULTIPLY: "smull umull",
    _C.LONG_MULTIPLY_ACCUMULATE: "smlal umlal umaal smlalbb smlalbt smlaltb smlaltt smlald smlaldx smlsld smlsldx",
    _C.DIVIDE: "sdiv udiv",
    _C.LOAD: "ldr ldrt ldrex lda ldaex pld pli",
    _C.LOAD_NARROW: "ldrb ldrh ldrsb ldrsh ldrbt ldrht ldrsbt ldrsht ldrexb ldrexh ldab ldah ldaexb ldaexh",
    _C.LOAD_DOUBLE: "ldrd",
    _C.LOAD_MULTIPLE: "ldm ldmdb pop",
    _C.STORE: "str strb strh strt strbt strht stl stlb stlh",
    _C.STORE_EXCLUSIVE: "strex strexb strexh stlex stlexb stlexh",
    _C.STORE_DOUBLE: "strd",
    _C.STORE_MULTIPLE: "stm stmdb push",
    _C.BRANCH: "b cbz cbnz",
    _C.CALL: "bl",
    _C.BRANCH_REGISTER: "bx blx bxns blxns",
    _C.TABLE_BRANCH: "tbb tbh",
    _C.IT: "it",
    _C.NOP: "nop hint dbg yield",
    _C.BARRIER: "dmb dsb isb clrex",
    _C.SYSTEM: "mrs msr svc bkpt udf sg tt ttt tta ttat",
    _C.STATE_CHANGE: "cps",
    _C.FP_MOVE: "vabs vneg vseleq vselge vselgt vselvs fconsts fconstd",
    _C.FP_TRANSFER: "vmrs vmsr fmstat",
    _C.FP_ADD: "vadd vsub vmaxnm vminnm",
    _C.FP_COMPARE: "vcmp vcmpe",
    _C.FP_CONVERT: "vcvt vcvtr vcvta vcvtn vcvtp vcvtm vcvtb vcvtt vrinta vrintn vrintp vrintm vrintx vrintz vrintr",
    _C.FP_MULTIPLY: "vmul vnmul",
    _C.FP_MULTIPLY_ACCUMULATE: "vmla vmls vnmla vnmls vfma vfms vfnma vfnms",
    _C.FP_DIVIDE: "vdiv",
    _C.FP_SQUARE_ROOT: "vsqrt",
    _C.FP_LOAD_MULTIPLE: "vldmia vldmdb vpop",
    _C.FP_STORE_MULTIPLE: "vstmia vstmdb vpush",
}
# Prefixes of the parallel add and subtract instructions.
_PARALLEL = dict.fromkeys(("s", "sh", "u", "uh"), _C.SIMD) | dict.fromkeys(("q", "uq"), _C.SIMD_SATURATING)
_PARALLEL_OPERATIONS = ("add16", "add8", "sub16", "sub8", "asx", "sax")

CLASS_BY_NAME: dict[str, InstructionClass] = {
    name: kind for kind, names in _NAMES.items() for name in names.split()
} | {prefix + operation: kind for prefix, kind in _PARALLEL.items() for operation in _PARALLEL_OPERATIONS}

MULTIPLES = frozenset({_C.LOAD_MULTIPLE, _C.STORE_MULTIPLE, _C.FP_LOAD_MULTIPLE, _C.FP_STORE_MULTIPLE})
LOADS = frozenset({
    _C.LOAD, _C.LOAD_NARROW, _C.LOAD_DOUBLE, _C.LOAD_MULTIPLE, _C.FP_LOAD, _C.FP_LOAD_DOUBLE, _C.FP_LOAD_MULTIPLE,
})  # fmt: skip
STORES = frozenset({
    _C.STORE, _C.STORE_REGISTER_OFFSET, _C.STORE_EXCLUSIVE, _C.STORE_DOUBLE, _C.STORE_MULTIPLE, _C.FP_STORE,
    _C.FP_STORE_DOUBLE, _C.FP_STORE_MULTIPLE,
})  # fmt: skip
FP_STORES = frozenset({_C.FP_STORE, _C.FP_STORE_DOUBLE, _C.FP_STORE_MULTIPLE})
MULTIPLIES_AND_DIVIDES = frozenset({
    _C.MULTIPLY, _C.MULTIPLY_ACCUMULATE, _C.LONG_MULTIPLY, _C.LONG_MULTIPLY_ACCUMULATE, _C.DIVIDE,
})  # fmt: skip
FP_ARITHMETIC = frozenset({
    _C.FP_MOVE, _C.FP_TRANSFER, _C.FP_TRANSFER_TWO, _C.FP_ADD, _C.FP_COMPARE, _C.FP_CONVERT, _C.FP_MULTIPLY,
    _C.FP_MULTIPLY_ACCUMULATE, _C.FP_DIVIDE, _C.FP_SQUARE_ROOT,
})  # fmt: skip
BRANCHES = frozenset({_C.BRANCH, _C.CALL, _C.BRANCH_REGISTER, _C.TABLE_BRANCH})
