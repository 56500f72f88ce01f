using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace StoryPortal.ServiceDefaults.Health;

/// <summary>
/// The command <c>health</c> of each service: asks the one that runs beside it whether it is ready. For health checks of containers, whose images have
/// neither a shell nor a client for HTTP.
/// </summary>
public static class HealthCommand
{
    private const int PatienceMilliseconds = 3000;

    /// <summary>Whether the program was started to ask, not to serve.</summary>
    public static bool IsMeantBy(string[] args) => args is ["health"];

    /// <summary>Asks at the port that the variable <c>Listen__Http</c> names, and writes what the answer is.</summary>
    /// <returns>The program's exit code: 0 when the service is ready; 1 when it is not, says nothing for three seconds, or no port is named.</returns>
    public static int Run()
    {
        if (!ushort.TryParse(Environment.GetEnvironmentVariable("Listen__Http"), CultureInfo.InvariantCulture, out var port))
        {
            Console.Error.WriteLine("Listen__Http names no port to ask at.");
            return 1;
        }

        try
        {
            var (isReady, answer) = Ask(port);
            Console.WriteLine(answer);
            return isReady ? 0 : 1;
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            Console.Error.WriteLine($"Port {port} does not answer: {failure.Message}");
            return 1;
        }
    }

    // A socket: with HttpClient each check takes 125 ms of processor time instead of 64, and a container is checked every few seconds.
    private static (bool IsReady, string Answer) Ask(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = PatienceMilliseconds };
        socket.Connect(IPAddress.Loopback, port);
        socket.Send("GET /health/ready HTTP/1.0\r\nHost: localhost\r\n\r\n"u8);

        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var status = reader.ReadLine();
        while (reader.ReadLine() is { Length: > 0 })
        {
            // a header
        }

        return (status?.Split(' ') is [_, "200", ..], reader.ReadToEnd());
    }
}
