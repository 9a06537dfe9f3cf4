// The C interface: arguments are checked, errors become codes, and calls for one device come one after the other, as sppark's
// kernels count their work in variables of the device.

#include "clearproof_cuda.h"
#include "parts.hpp"

#include <util/gpu_t.cuh>

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

struct clearproof_cuda_context {
    const gpu_t &gpu;
};

struct clearproof_cuda_vector {
    int gpu;
    uint32_t kind;
    uint64_t count;
    void *data;
};

namespace {

// A call that is refused, or cannot be done.
struct failure : std::runtime_error {
    int32_t code;
    failure(int32_t c, const std::string &reason) : std::runtime_error{reason}, code(c) {}
};

void require(bool holds, const std::string &reason)
{
    if (!holds)
        throw failure{CLEARPROOF_CUDA_BAD_ARGUMENT, reason};
}

int32_t code_of(const cuda_error &error)
{
    switch (-error.code()) {
    case cudaErrorMemoryAllocation:
        return CLEARPROOF_CUDA_OUT_OF_MEMORY;
    case cudaErrorNoDevice:
    case cudaErrorInsufficientDriver:
        return CLEARPROOF_CUDA_NO_DEVICE;
    default:
        return CLEARPROOF_CUDA_DEVICE_ERROR;
    }
}

void tell(char *message, uint64_t message_len, const char *reason)
{
    if (message && message_len > 0)
        std::snprintf(message, message_len, "%s", reason);
}

template <class Call> int32_t guarded(char *message, uint64_t message_len, Call call) noexcept
{
    int32_t code = CLEARPROOF_CUDA_FAILED;
    try {
        call();
        return CLEARPROOF_CUDA_OK;
    } catch (const failure &error) {
        code = error.code;
        tell(message, message_len, error.what());
    } catch (const cuda_error &error) {
        code = code_of(error);
        tell(message, message_len, error.what());
        // What can be got over is not told again by the next call.
        (void)cudaGetLastError();
    } catch (const std::bad_alloc &) {
        code = CLEARPROOF_CUDA_OUT_OF_MEMORY;
        tell(message, message_len, "the host has no memory left");
    } catch (const std::exception &error) {
        tell(message, message_len, error.what());
    } catch (...) {
        tell(message, message_len, "unknown exception");
    }
    return code;
}

// sppark counts no devices where the driver is missing; why is asked here.
size_t devices()
{
    int count = 0;
    const cudaError_t found = cudaGetDeviceCount(&count);
    if (found != cudaSuccess) {
        const bool missing = found == cudaErrorNoDevice || found == cudaErrorInsufficientDriver;
        throw failure{missing ? CLEARPROOF_CUDA_NO_DEVICE : CLEARPROOF_CUDA_DEVICE_ERROR, cudaGetErrorString(found)};
    }
    size_t usable = ngpus();
    if (usable == 0)
        throw failure{CLEARPROOF_CUDA_NO_DEVICE, "no device of compute capability 7.0 or more"};
    return usable;
}

std::mutex &lock_of(const gpu_t &gpu)
{
    static std::vector<std::mutex> locks(ngpus());
    return locks[gpu.id()];
}

// The device for one call of one thread.
class turn {
    std::lock_guard<std::mutex> held;

public:
    explicit turn(const gpu_t &gpu) : held(lock_of(gpu)) { gpu.select(); }
};

const gpu_t &gpu_of(const clearproof_cuda_context *context)
{
    require(context != nullptr, "context is null");
    return context->gpu;
}

void require_vector(const gpu_t &gpu, const clearproof_cuda_vector *vector, const char *name)
{
    require(vector != nullptr, fmt("%s is null", name));
    require(vector->gpu == gpu.id(), fmt("%s is on another device", name));
}

void require_scalars(const gpu_t &gpu, const clearproof_cuda_vector *vector, const char *name)
{
    require_vector(gpu, vector, name);
    require(vector->kind == CLEARPROOF_CUDA_SCALARS, fmt("%s is no vector of scalars", name));
}

void require_three(const gpu_t &gpu, const clearproof_cuda_vector *a, const clearproof_cuda_vector *b,
                   const clearproof_cuda_vector *c, const uint64_t *factor)
{
    require_scalars(gpu, a, "a");
    require_scalars(gpu, b, "b");
    require_scalars(gpu, c, "c");
    require(factor != nullptr, "factor is null");
    require(a->count == b->count && a->count == c->count, "a, b and c differ in length");
    require(a != b && a != c && b != c, "a, b and c are not three vectors");
}

uint32_t log_size(const clearproof_cuda_vector *vector)
{
    uint32_t log = 0;
    while (log < 28 && ((uint64_t)1 << log) < vector->count)
        log++;
    require(vector->count == (uint64_t)1 << log, "the number of scalars is no power of two up to 2^28");
    return log;
}

uint64_t limbs_of(uint32_t kind)
{
    switch (kind) {
    case CLEARPROOF_CUDA_SCALARS:
        return 4;
    case CLEARPROOF_CUDA_G1:
        return 8;
    case CLEARPROOF_CUDA_G2:
        return 16;
    default:
        throw failure{CLEARPROOF_CUDA_BAD_ARGUMENT, fmt("no kind of vector is %u", kind)};
    }
}

// sppark refers to points with 31 bits.
constexpr uint64_t MOST_ELEMENTS = (uint64_t)1 << 31;

} // namespace

extern "C" {

uint32_t clearproof_cuda_version(void)
{
    return CLEARPROOF_CUDA_VERSION;
}

int32_t clearproof_cuda_device_count(uint32_t *count, char *message, uint64_t message_len)
{
    return guarded(message, message_len, [&] {
        require(count != nullptr, "count is null");
        *count = (uint32_t)devices();
    });
}

int32_t clearproof_cuda_open(uint32_t index, clearproof_cuda_context **context, char *message, uint64_t message_len)
{
    return guarded(message, message_len, [&] {
        require(context != nullptr, "context is null");
        size_t count = devices();
        if (index >= count)
            throw failure{CLEARPROOF_CUDA_NO_DEVICE, fmt("no device %u, there are %zu, counted from 0", index, count)};
        *context = new clearproof_cuda_context{select_gpu((int)index)};
    });
}

int32_t clearproof_cuda_close(clearproof_cuda_context *context, char *message, uint64_t message_len)
{
    return guarded(message, message_len, [&] {
        (void)gpu_of(context);
        delete context;
    });
}

int32_t clearproof_cuda_device_info(clearproof_cuda_context *context, clearproof_cuda_device *device, char *message,
                                    uint64_t message_len)
{
    return guarded(message, message_len, [&] {
        const gpu_t &gpu = gpu_of(context);
        require(device != nullptr, "device is null");
        turn now{gpu};
        // What was freed is free once the device gets there.
        gpu.sync();
        size_t total = 0, available = 0;
        CUDA_OK(cudaMemGetInfo(&available, &total));
        const cudaDeviceProp &properties = gpu.props();
        std::snprintf(device->name, sizeof(device->name), "%s", properties.name);
        device->memory_total = total;
        device->memory_free = available;
        device->major = (uint32_t)properties.major;
        device->minor = (uint32_t)properties.minor;
    });
}

int32_t clearproof_cuda_upload(clearproof_cuda_context *context, uint32_t kind, const uint64_t *limbs, uint64_t count,
                               clearproof_cuda_vector **vector, char *message, uint64_t message_len)
{
    return guarded(message, message_len, [&] {
        const gpu_t &gpu = gpu_of(context);
        require(vector != nullptr, "vector is null");
        require(limbs != nullptr || count == 0, "limbs is null");
        require(count < MOST_ELEMENTS, "more than 2^31 - 1 elements");
        const uint64_t bytes = count * limbs_of(kind) * sizeof(uint64_t);
        turn now{gpu};
        auto created = std::make_unique<clearproof_cuda_vector>(clearproof_cuda_vector{gpu.id(), kind, count, nullptr});
        if (count > 0) {
            // In the stream's order, so that nothing is waited for.
            created->data = static_cast<stream_t &>(gpu).Dmalloc(bytes);
            try {
                // From pageable memory this returns once the bytes are staged, and the transfer goes on behind it.
                gpu.HtoD(static_cast<uint8_t *>(created->data), limbs, bytes);
            } catch (...) {
                (void)cudaFreeAsync(created->data, gpu);
                throw;
            }
        }
        *vector = created.release();
    });
}

int32_t clearproof_cuda_download(clearproof_cuda_context *context, const clearproof_cuda_vector *vector, uint64_t *limbs,
                                 uint64_t count, char *message, uint64_t message_len)
{
    return guarded(message, message_len, [&] {
        const gpu_t &gpu = gpu_of(context);
        require_scalars(gpu, vector, "vector");
        require(vector->count == count, fmt("room for %llu scalars, the vector has %llu", (unsigned long long)count,
                                            (unsigned long long)vector->count));
        require(limbs != nullptr || count == 0, "limbs is null");
        turn now{gpu};
        if (count > 0)
            gpu.DtoH(reinterpret_cast<uint8_t *>(limbs), vector->data, count * 4 * sizeof(uint64_t));
        gpu.sync();
    });
}

int32_t clearproof_cuda_free(clearproof_cuda_context *context, clearproof_cuda_vector *vector, char *message,
                             uint64_t message_len)
{
    return guarded(message, message_len, [&] {
        const gpu_t &gpu = gpu_of(context);
        require_vector(gpu, vector, "vector");
        turn now{gpu};
        void *data = vector->data;
        delete vector;
        if (data)
            gpu.Dfree(data);
    });
}

int32_t clearproof_cuda_msm(clearproof_cuda_context *context, const clearproof_cuda_vector *bases,
                            const clearproof_cuda_vector *scalars, uint64_t offset, uint64_t *sum, uint64_t limbs, char *message,
                            uint64_t message_len)
{
    return guarded(message, message_len, [&] {
        const gpu_t &gpu = gpu_of(context);
        require_vector(gpu, bases, "bases");
        require(bases->kind != CLEARPROOF_CUDA_SCALARS, "bases is no vector of points");
        require_scalars(gpu, scalars, "scalars");
        require(offset <= scalars->count && bases->count <= scalars->count - offset, "there are fewer scalars than bases");
        require(sum != nullptr, "sum is null");
        const bool in_g1 = bases->kind == CLEARPROOF_CUDA_G1;
        require(limbs == (in_g1 ? 12 : 24), "room for the sum: 12 limbs for G1, 24 for G2");
        if (bases->count == 0) {
            std::fill(sum, sum + limbs, 0);
            return;
        }
        turn now{gpu};
        // Sums run on other streams than the transfers and transforms before them.
        gpu.sync();
        const uint64_t *first = static_cast<const uint64_t *>(scalars->data) + offset * 4;
        if (in_g1)
            clearproof::sum_g1(gpu, bases->data, first, bases->count, sum);
        else
            clearproof::sum_g2(gpu, bases->data, first, bases->count, sum);
    });
}

int32_t clearproof_cuda_ntt(clearproof_cuda_context *context, clearproof_cuda_vector *values, uint32_t inverse, uint32_t coset,
                            char *message, uint64_t message_len)
{
    return guarded(message, message_len, [&] {
        const gpu_t &gpu = gpu_of(context);
        require_scalars(gpu, values, "values");
        require(inverse <= 1 && coset <= 1, "inverse and coset are 0 or 1");
        const uint32_t log = log_size(values);
        turn now{gpu};
        clearproof::transform(gpu, values->data, log, inverse == 1, coset == 1);
        gpu.sync();
    });
}

int32_t clearproof_cuda_divide(clearproof_cuda_context *context, clearproof_cuda_vector *a, const clearproof_cuda_vector *b,
                               const clearproof_cuda_vector *c, const uint64_t factor[4], char *message, uint64_t message_len)
{
    return guarded(message, message_len, [&] {
        const gpu_t &gpu = gpu_of(context);
        require_three(gpu, a, b, c, factor);
        turn now{gpu};
        if (a->count > 0)
            clearproof::divide(gpu, a->data, b->data, c->data, factor, a->count);
        gpu.sync();
    });
}

int32_t clearproof_cuda_quotient(clearproof_cuda_context *context, clearproof_cuda_vector *a, clearproof_cuda_vector *b,
                                 clearproof_cuda_vector *c, const uint64_t factor[4], char *message, uint64_t message_len)
{
    return guarded(message, message_len, [&] {
        const gpu_t &gpu = gpu_of(context);
        require_three(gpu, a, b, c, factor);
        const uint32_t log = log_size(a);
        turn now{gpu};
        clearproof::quotient(gpu, a->data, b->data, c->data, factor, log);
        gpu.sync();
    });
}

} // extern "C"
