using System.Buffers;
using System.Text;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>Writes the headers of a request, each as it is: the other side need not remember any, and every request stands for itself.</summary>
internal static class HeaderWriter
{
    private const int IndexedBits = 7;
    private const int LiteralBits = 4;

    /// <summary>Writes <c>:method</c>, <c>:scheme</c>, <c>:authority</c> and <c>:path</c> of a request without a body.</summary>
    public static void WriteRequest(ArrayBufferWriter<byte> block, string method, string authority, string path, string query)
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
        WriteText(block, authority, "");
        WriteNumber(block, 0, LiteralBits, StaticTable.Path);
        WriteText(block, path, query);
    }

    /// <summary>Writes a header, whose name is in ASCII as the server has made sure.</summary>
    public static void Write(ArrayBufferWriter<byte> block, string name, string value)
    {
        WriteNumber(block, 0, LiteralBits, 0);
        WriteNumber(block, 0, IndexedBits, name.Length);
        Ascii.ToLower(name, block.GetSpan(name.Length), out var written);
        block.Advance(written);
        WriteText(block, value, "");
    }

    // In UTF-8, as the server has read it; nearly always ASCII, which is as many bytes as characters.
    private static void WriteText(ArrayBufferWriter<byte> block, string text, string more)
    {
        var length = Ascii.IsValid(text) && Ascii.IsValid(more) ? text.Length + more.Length : Encoding.UTF8.GetByteCount(text) + Encoding.UTF8.GetByteCount(more);
        WriteNumber(block, 0, IndexedBits, length);
        var bytes = block.GetSpan(length + 1);
        var first = Encoding.UTF8.GetBytes(text, bytes);
        Encoding.UTF8.GetBytes(more, bytes[first..]);
        block.Advance(length);
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
