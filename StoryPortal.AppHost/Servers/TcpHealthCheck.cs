using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace StoryPortal.AppHost.Servers;

/// <summary>Asks a local server one question over TCP: just enough of its protocol to know whether it serves yet.</summary>
internal abstract class TcpHealthCheck(int port) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>What to send.</summary>
    protected abstract byte[] Question { get; }

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
            await client.GetStream().WriteAsync(Question, deadline.Token);
            var answer = new byte[512];
            var length = await client.GetStream().ReadAsync(answer, deadline.Token);
            var text = Encoding.ASCII.GetString(answer, 0, length);
            return IsReady(text) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"Not ready yet: {Printable(text)}");
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return HealthCheckResult.Unhealthy($"Nothing answers on port {port}: {exception.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"No answer on port {port} within {Patience.TotalSeconds} s.");
        }
    }

    /// <summary>Whether the answer is that of a server that serves.</summary>
    protected abstract bool IsReady(string answer);

    private static string Printable(string answer) => string.Concat(answer.Select(letter => char.IsControl(letter) ? ' ' : letter)).Trim();
}

/// <summary>Postgres serves when it answers a start-up message by asking who is there; an error means that it is still starting.</summary>
internal sealed class PostgresAnswers(int port) : TcpHealthCheck(port)
{
    private const string Parameters = $"user\0postgres\0database\0{ServerSettings.Database}\0\0";

    /// <inheritdoc/>
    protected override byte[] Question { get; } =
        [0, 0, 0, checked((byte)(8 + Parameters.Length)), 0, 3, 0, 0, .. Encoding.ASCII.GetBytes(Parameters)]; // length, protocol 3.0, parameters

    /// <inheritdoc/>
    protected override bool IsReady(string answer) => answer.StartsWith('R'); // AuthenticationRequest
}

/// <summary>Redis serves when it answers a PING, be it by asking for the password.</summary>
internal sealed class RedisAnswers(int port) : TcpHealthCheck(port)
{
    /// <inheritdoc/>
    protected override byte[] Question { get; } = "PING\r\n"u8.ToArray();

    /// <inheritdoc/>
    protected override bool IsReady(string answer) => answer.StartsWith("+PONG", StringComparison.Ordinal) || answer.StartsWith("-NOAUTH", StringComparison.Ordinal);
}
