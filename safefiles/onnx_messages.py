"""Why a model file is refused. Places inside the file (model, graph, node 3 Gemm) are ONNX's own names in every language."""

from typing import Final

from safefiles.messages import Catalogue, Templates
from safefiles.phrases import PHRASES

_TABLE: Final[dict[str, Templates]] = {
    # protobuf
    "number_found": ("{where}: expected a message, found a number", "{where}：应为消息，实际为数字"),
    "known_fields": (
        "{where}: expected only known fields, found {found}",
        "{where}：含有不允许的字段：{found}",
    ),
    "field": ("field {number}", "字段 {number}"),
    "wire_type": (
        "{where}: expected wire type {expected} for {name}, found {found}",
        "{where}：{name} 的线路类型应为 {expected}，实际为 {found}",
    ),
    "most_fields": (
        "{where}: expected at most {most} fields in the file, found more",
        "{where}：文件中的字段超过 {most} 个",
    ),
    "cut_bytes": (
        "{where}: expected {size} bytes at {position}, found {found}: cut short?",
        "{where}：偏移 {position} 处应有 {size} 字节，实际只有 {found}：文件可能不完整",
    ),
    "not_onnx": (
        "{where}: expected an ONNX file, found protobuf wire type {wire}",
        "{where}：不是 ONNX 文件（protobuf 线路类型 {wire}）",
    ),
    "most_dimensions": ("{where}: expected at most 8 dimensions, found more", "{where}：维数超过 8"),
    "cut_end": (
        "{where}: expected more bytes, found the end: cut short?",
        "{where}：内容在中途结束：文件可能不完整",
    ),
    "long_varint": (
        "{where}: expected a number of at most 10 bytes, found a longer one",
        "{where}：数字超过 10 字节",
    ),
    "long_string": (
        "{where}: expected a string of at most {most} bytes",
        "{where}：应为至多 {most} 字节的字符串",
    ),
    "utf8": ("{where}: expected UTF-8 text", "{where}：应为 UTF-8 文本"),
    "one_value": (
        "{where}: expected one {name}, found {found}",
        "{where}：应有一个 {name}，实际为 {found} 个",
    ),
    "one_number": (
        "{where}: expected one number {name}, found {found}",
        "{where}：应有一个数字 {name}，实际为 {found} 个",
    ),
    # fields that hostile or foreign models use
    "training_info": ("training information", "训练信息"),
    "functions": ("functions", "函数"),
    "device_config": ("device configuration", "设备配置"),
    "quantization": ("quantization annotation", "量化标注"),
    "sparse_initializers": ("sparse initializers", "稀疏初始值"),
    "subgraph": ("a subgraph", "子图"),
    "subgraphs": ("subgraphs", "子图"),
    "sparse_tensor": ("a sparse tensor", "稀疏张量"),
    "external": ("external data", "外部数据"),
    "float_data": ("float_data (only raw_data)", "float_data（只接受 raw_data）"),
    # the file
    "suffix": ("{where}: expected an .onnx file, found {found}", "{where}：应为 .onnx 文件，实际为 {found}"),
    "no_suffix": ("no suffix", "没有扩展名"),
    "file_bytes": (
        "{where}: expected 1 to {most} bytes, found {found}",
        "{where}：大小应为 1 到 {most} 字节，实际为 {found}",
    ),
    "ir_version": (
        "{where}: expected ONNX IR version {low} to {high}, found {found}",
        "{where}：ONNX IR 版本应为 {low} 到 {high}，实际为 {found}",
    ),
    "one_opset": (
        "{where}: expected one operator set, found {found}",
        "{where}：应有一个算子集，实际为 {found} 个",
    ),
    "opset": (
        "{where}: expected the standard operators, version {low} to {high}, found {domain!r} {found}",
        "{where}：应为标准算子集，版本 {low} 到 {high}，实际为 {domain!r} {found}",
    ),
    "most_metadata": (
        "{where}: expected at most {most} metadata entries, found {found}",
        "{where}：元数据至多 {most} 条，实际为 {found}",
    ),
    "metadata_twice": (
        "{where}: expected metadata {key!r} once, found it twice",
        "{where}：元数据 {key!r} 出现了两次",
    ),
    # the graph
    "one_input": (
        "{where}: expected one input {name!r}, found {found}",
        "{where}：应只有一个输入 {name!r}，实际为 {found} 个",
    ),
    "input_name": (
        "{where}: expected input {name!r}, found {found}",
        "{where}：输入应为 {name!r}，实际为 {found}",
    ),
    "perhaps": ("{needed} and perhaps {perhaps}", "{needed}，可另有 {perhaps}"),
    "outputs": (
        "{where}: expected outputs {expected}, found {found}",
        "{where}：输出应为 {expected}，实际为 {found}",
    ),
    "output_shape": (
        "{where}: expected output {name!r} of shape {expected}, found {found}",
        "{where}：输出 {name!r} 的形状应为 {expected}，实际为 {found}",
    ),
    "one": ("one", "1"),
    "output_columns": (
        "{where}: expected {count} {name!r} per row, found {found}",
        "{where}：每行应有 {count} 个 {name!r}，实际为 {found}",
    ),
    "most_nodes": (
        "{where}: expected at most {most} nodes, found {found}",
        "{where}：节点至多 {most} 个，实际为 {found}",
    ),
    "most_initializers": (
        "{where}: expected at most {most} initializers, found {found}",
        "{where}：初始值至多 {most} 个，实际为 {found}",
    ),
    "new_name": ("{where}: expected a new name, found {found} again", "{where}：名称 {found} 重复"),
    "most_columns": (
        "{where}: expected at most {most} columns, found {found}",
        "{where}：至多 {most} 列，实际为 {found}",
    ),
    "element_type": (
        "{where}: expected float32, found element type {found}",
        "{where}：应为 float32，实际元素类型为 {found}",
    ),
    "two_dimensions": (
        "{where}: expected 2 dimensions, found {found}",
        "{where}：应为 2 维，实际为 {found} 维",
    ),
    "free_batch": (
        "{where}: expected a free batch dimension, found {found}",
        "{where}：批次维应为任意大小，实际固定为 {found}",
    ),
    "fixed_size": (
        "{where}: expected a fixed size of 1 to {most} columns, found {found}",
        "{where}：列数应固定为 1 到 {most}，实际为 {found}",
    ),
    "free": ("a free one", "任意"),
    # tensors
    "external_data": (
        "{where}: expected data inside the file, found external data",
        "{where}：数据应在文件之内，实际为外部数据",
    ),
    "data_type": (
        "{where}: expected float32, found data type {found}",
        "{where}：应为 float32，实际数据类型为 {found}",
    ),
    "tensor_dimensions": (
        "{where}: expected at most 2 dimensions of 1 to {most}, found {found}",
        "{where}：应为至多 2 维，每维 1 到 {most}，实际为 {found}",
    ),
    "most_numbers": (
        "{where}: expected at most {most} numbers in all tensors, found more",
        "{where}：全部张量的数字超过 {most} 个",
    ),
    "tensor_bytes": (
        "{where}: expected {expected} bytes for shape {shape}, found {found}",
        "{where}：形状 {shape} 应有 {expected} 字节，实际为 {found}",
    ),
    "not_finite": ("{where}: expected finite numbers, found NaN or infinity", "{where}：含有 NaN 或无穷大"),
    # operators
    "operator_domain": (
        "{where}: expected a standard operator, found domain {found!r}",
        "{where}：应为标准算子，实际域为 {found!r}",
    ),
    "operator": (
        "{where}: expected one of {known}, found operator {found}",
        "{where}：不支持算子 {found}，只支持 {known}",
    ),
    "attribute": (
        "{where}: expected attributes among {known}, found {found}",
        "{where}：不支持属性 {found}，只支持：{known}",
    ),
    "operator_ends": (
        "{where}: expected {low} to {high} inputs and 1 output, found {inputs} and {outputs}",
        "{where}：应有 {low} 到 {high} 个输入和 1 个输出，实际为 {inputs} 和 {outputs}",
    ),
    "defined_before": (
        "{where}: expected an input defined before, found {found}",
        "{where}：输入 {found} 此前没有定义",
    ),
    "matching_shapes": ("{where}: expected matching shapes, found {found}", "{where}：形状不匹配：{found}"),
    "most_work": (
        "{where}: expected at most {most} multiplications per {name}, found more",
        "{where}：每个 {name} 的乘法超过 {most} 次",
    ),
    "attribute_of": ("attribute of {where}", "{where} 的属性"),
    "tensor_of": ("tensor of {where}", "{where} 的张量"),
    # running it
    "runtime": ("{told}", "onnxruntime 报错"),
    "bound_arrays": (
        "{name}: expected a C-contiguous float32 array of two dimensions, found {found}",
        "{name}：应为 C 连续的二维 float32 数组，实际为 {found}",
    ),
    "bound_rows": ("rows: expected 1 to {most}, found {found}", "行数：应为 1 到 {most}，实际为 {found}"),
    "finite_rows": (
        "expected {rows} rows of finite numbers, found shape {found}",
        "应为 {rows} 行有限的数，实际形状为 {found}",
    ),
    "first_run_slow": (
        "{where}: expected a first run within {seconds:.0f} s, found none",
        "{where}：{seconds:.0f} 秒内没有完成首次试运行",
    ),
    "first_run_none": (
        "{where}: the child process for its first run did not start ({why})",
        "{where}：无法启动首次试运行的子进程（{why}）",
    ),
    "first_run_crash": (
        "{where}: crashed in its first run (exit code {code})",
        "{where}：首次试运行时崩溃（退出码 {code}）",
    ),
    "first_run_failed": ("{where}: failed in its first run: {told}", "{where}：首次试运行失败"),
}
say: Final = Catalogue("onnx", _TABLE, PHRASES).say
