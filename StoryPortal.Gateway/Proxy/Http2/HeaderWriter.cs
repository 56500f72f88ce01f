using System.Buffers;
using System.Text;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>Writes the headers of a request, each as it is: the other side need not remember any, and every request stands for itself.</summary>
internal static class HeaderWriter
{
    private const int IndexedBits = 7;
    private const int LiteralBits = 4;

    /// <summary>Writes <c>:method</c>, <c>:scheme</c>, <c>:authority</c> and <c>:path</c> of a request without a body.</summary>
    /// <returns>False: it has text that is not ASCII.</returns>
    public static bool WriteRequest(ArrayBufferWriter<byte> block, string method, string authority, string path, string query)
    {
        if (HttpMethods.IsGet(method))
        {
            WriteNumber(block, 0x80, IndexedBits, StaticTable.Get);
        }
        else
        {
            WriteNumber(block, 0, LiteralBits, StaticTable.Method);
            WriteText(block, method, "");
        }

        WriteNumber(block, 0x80, IndexedBits, StaticTable.Http);
        WriteNumber(block, 0, LiteralBits, StaticTable.Authority);
        var isAscii = WriteText(block, authority, "");
        WriteNumber(block, 0, LiteralBits, StaticTable.Path);
        return WriteText(block, path, query) && isAscii;
    }

    /// <summary>Writes a header.</summary>
    /// <returns>False: it has text that is not ASCII.</returns>
    public static bool Write(ArrayBufferWriter<byte> block, string name, string value)
    {
        WriteNumber(block, 0, LiteralBits, 0);
        WriteNumber(block, 0, IndexedBits, name.Length);
        var lower = block.GetSpan(name.Length);
        if (Ascii.ToLower(name, lower, out var written) != OperationStatus.Done)
        {
            return false;
        }

        block.Advance(written);
        return WriteText(block, value, "");
    }

    private static bool WriteText(ArrayBufferWriter<byte> block, string text, string more)
    {
        var length = text.Length + more.Length;
        WriteNumber(block, 0, IndexedBits, length);
        var bytes = block.GetSpan(length + 1);
        if (Ascii.FromUtf16(text, bytes, out var first) != OperationStatus.Done || Ascii.FromUtf16(more, bytes[first..], out _) != OperationStatus.Done)
        {
            return false;
        }

        block.Advance(length);
        return true;
    }

    private static void WriteNumber(ArrayBufferWriter<byte> block, byte kind, int bits, int number)
    {
        var most = (1 << bits) - 1;
        var bytes = block.GetSpan(6);
        if (number < most)
        {
            bytes[0] = (byte)(kind | number);
            block.Advance(1);
            return;
        }

        bytes[0] = (byte)(kind | most);
        var at = 1;
        for (number -= most; number >= 0x80; number >>= 7)
        {
            bytes[at++] = (byte)(0x80 | (number & 0x7F));
        }

        bytes[at++] = (byte)number;
        block.Advance(at);
    }
}
