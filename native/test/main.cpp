#include "check.h"

int main(int argc, char **argv) {
    if (argc > 1) {
        test::seed = static_cast<uint32_t>(std::strtoul(argv[1], nullptr, 10));
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);  // a crash must not swallow what was said before
    std::printf("seed %u\n", test::seed);
    constexpr void (*kTests[])() = {
        test::isa, test::embedding, test::embedding_backward, test::softmax, test::softmax_backward,
        test::cross_entropy, test::cross_entropy_edges, test::ctc, test::losses, test::optimizers,
        test::reductions, test::column_sums, test::dropout, test::recurrent, test::activations,
        test::recurrent_steps, test::linear, test::cells, test::trees,
    };
    for (void (*const run)() : kTests) {
        test::generator.seed(test::seed);  // what one of them draws is nothing to the next
        run();
    }

    std::printf("%d failures\n", test::failures);
    return test::failures == 0 ? 0 : 1;
}
