#include "kernels.h"

#define RONDO_NAME_OF(isa) #isa
#define RONDO_NAME(isa) RONDO_NAME_OF(isa)

namespace rondo::RONDO_ISA {

const Kernels kernels = {RONDO_NAME(RONDO_ISA), softmax, gru, gru_scratch_size, gru_packed_size, gru_pack};

}  // namespace rondo::RONDO_ISA
